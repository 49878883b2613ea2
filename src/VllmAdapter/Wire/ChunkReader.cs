using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Decodes one event, or one whole reply, into chunks. Tolerant: unknown fields, wrong types and nulls anywhere are passed over.</summary>
/// <remarks>One instance a stream; it reuses what the chunks repeat, so that a chunk costs itself and its text.</remarks>
internal sealed class ChunkReader
{
    private readonly RepeatedText _id = new();
    private readonly RepeatedText _model = new();
    private readonly RepeatedText _fingerprint = new();
    private readonly ChunkTemplate _template = new();
    private readonly LenientValues _values = new();
    private readonly ToolCallReading _calls;
    private readonly List<ChatChunk> _chunks = new(1);
    private readonly List<(int Choice, ServerError Error)> _choiceErrors = [];
    private TokenUsage? _usage;
    private IReadOnlyList<int>? _promptTokenIds;

    public ChunkReader() => _calls = new ToolCallReading(_values);

    /// <summary>The chunks of the last event: one a choice, or one without a choice for a usage.</summary>
    public List<ChatChunk> Chunks => _chunks;

    /// <summary>The usage of the last event.</summary>
    public TokenUsage? Usage => _usage;

    /// <summary>Errors of single choices in the last event.</summary>
    public List<(int Choice, ServerError Error)> ChoiceErrors => _choiceErrors;

    /// <summary>The error that the last event reported.</summary>
    public ServerError? Error { get; private set; }

    public string? Id => _id.Text;

    public bool IdHasChanged => _id.HasChanged;

    public string? Model => _model.Text;

    public string? Fingerprint => _fingerprint.Text;

    /// <summary>Fields of an unexpected type so far.</summary>
    public int Oddities => _values.Oddities;

    /// <summary>Whether any text so far holds the replacement character, which is what bytes that are not UTF-8 become.</summary>
    public bool TextIsLossy => _values.TextIsLossy;

    /// <summary>Reads one JSON object. A whole reply's <c>message</c> reads as a stream's <c>delta</c>.</summary>
    /// <returns>The bytes read; more may follow where a proxy glued two events together.</returns>
    /// <exception cref="JsonException">The bytes are not a JSON object.</exception>
    public int Read(ReadOnlySpan<byte> json)
    {
        _chunks.Clear();
        _choiceErrors.Clear();
        _usage = null;
        _promptTokenIds = null;
        Error = null;
        if (_template.Read(json, out _usage) is { } alike)
        {
            _chunks.Add(alike);
            _values.Observe(alike.Text);
            _values.Observe(alike.Reasoning);
            return json.Length;
        }

        _template.Begin();
        int oddities = Oddities;
        var reader = new Utf8JsonReader(json, JsonText.Reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an event is not a JSON object");

        bool mayBeError = false;
        while (reader.ReadField())
            mayBeError |= ReadRootField(ref reader);

        if (mayBeError && ServerError.TryRead(json[..(int)reader.BytesConsumed], out ServerError? error))
            Error = error;

        Complete();
        int length = (int)reader.BytesConsumed;
        if (length == json.Length && Error is null && Oddities == oddities && _choiceErrors.Count == 0 && _promptTokenIds is null)
            _template.Keep(json, _chunks);

        return length;
    }

    private void Complete()
    {
        if (_chunks.Count == 0 && (_usage is not null || _promptTokenIds is not null))
            _chunks.Add(new ChatChunk { HasChoice = false, Usage = _usage });
        else if (_chunks.Count > 0 && _usage is not null)
            _chunks[^1] = _chunks[^1].Counting(_usage);

        if (_promptTokenIds is not null)
            _chunks[0] = _chunks[0] with { PromptTokenIds = _promptTokenIds };
    }

    private bool ReadRootField(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> name = reader.FieldName();
        reader.Read();
        if (name.SequenceEqual("choices"u8))
            ReadChoices(ref reader);
        else if (name.SequenceEqual("id"u8))
            _id.Observe(ref reader);
        else if (name.SequenceEqual("model"u8))
            _model.Observe(ref reader);
        else if (name.SequenceEqual("usage"u8))
            _usage = (_values.Expect(ref reader, JsonTokenType.StartObject) ? UsageReading.Read(ref reader, _template) : null) ?? _usage;
        else if (name.SequenceEqual("system_fingerprint"u8))
            _fingerprint.Observe(ref reader);
        else if (name.SequenceEqual("prompt_token_ids"u8))
            _promptTokenIds = reader.ReadNumbers();
        else if (name.SequenceEqual("object"u8) || name.SequenceEqual("type"u8))
            return SkipIsError(ref reader);
        else
        {
            bool isErrorField = reader.TokenType != JsonTokenType.Null
                && (name.SequenceEqual("error"u8) || name.SequenceEqual("detail"u8) || name.SequenceEqual("error_type"u8)
                    || name.SequenceEqual("errors"u8) || name.SequenceEqual("message"u8) || name.SequenceEqual("msg"u8));
            reader.SkipValue();
            return isErrorField;
        }

        return false;
    }

    private static bool SkipIsError(ref Utf8JsonReader reader)
    {
        bool isError = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("error"u8);
        reader.SkipValue();
        return isError;
    }

    private void ReadChoices(ref Utf8JsonReader reader)
    {
        if (!_values.Expect(ref reader, JsonTokenType.StartArray))
            return;

        while (reader.ReadElement())
        {
            if (_values.Expect(ref reader, JsonTokenType.StartObject))
                ReadChoice(ref reader);
        }
    }

    private void ReadChoice(ref Utf8JsonReader reader)
    {
        int index = 0;
        string text = "", reasoning = "";
        string? finishWord = null, stopReason = null;
        IReadOnlyList<ToolCallDelta>? toolCalls = null;
        LogprobContent? logprobs = null;
        IReadOnlyList<int>? tokenIds = null;
        ServerError? error = null;

        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("delta"u8) || name.SequenceEqual("message"u8))
                ReadDelta(ref reader, name[0] == 'm', ref text, ref reasoning, ref toolCalls);
            else if (name.SequenceEqual("index"u8))
                index = _values.ReadIndex(ref reader) ?? 0;
            else if (name.SequenceEqual("finish_reason"u8))
                finishWord = _values.ReadWord(ref reader);
            else if (name.SequenceEqual("stop_reason"u8))
                stopReason = LenientValues.ReadStopReason(ref reader);
            else if (name.SequenceEqual("text"u8)) // of /v1/completions
                text = _values.ReadText(ref reader) ?? text;
            else if (name.SequenceEqual("logprobs"u8))
                logprobs = LogprobReading.Read(ref reader);
            else if (name.SequenceEqual("token_ids"u8))
                tokenIds = reader.ReadNumbers();
            else if (name.SequenceEqual("error"u8))
                error = ReadChoiceError(ref reader);
            else
                reader.SkipValue();
        }

        var chunk = new ChatChunk(index, text, reasoning, toolCalls, finishWord);
        if (stopReason is not null || logprobs is not null || tokenIds is not null)
            chunk = chunk with { StopReason = stopReason, Logprobs = logprobs, TokenIds = tokenIds };

        _chunks.Add(chunk);
        if (error is not null)
            _choiceErrors.Add((index, error));
    }

    private void ReadDelta(
        ref Utf8JsonReader reader, bool isWhole, ref string text, ref string reasoning, ref IReadOnlyList<ToolCallDelta>? toolCalls)
    {
        if (!_values.Expect(ref reader, JsonTokenType.StartObject))
            return;

        string? olderReasoning = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("content"u8))
                text = ReadPiece(ref reader, ChunkTemplate.Part.Text) ?? text;
            else if (name.SequenceEqual("reasoning"u8))
                reasoning = ReadPiece(ref reader, ChunkTemplate.Part.Reasoning) ?? reasoning;
            else if (name.SequenceEqual("reasoning_content"u8)) // vLLM before 0.16; 0.11.1 to 0.15 send both with the same text
                olderReasoning = ReadPiece(ref reader, ChunkTemplate.Part.Reasoning);
            else if (name.SequenceEqual("tool_calls"u8))
                toolCalls = _calls.Read(ref reader, isWhole) ?? toolCalls;
            else if (name.SequenceEqual("function_call"u8) && reader.TokenType == JsonTokenType.StartObject && toolCalls is null)
                toolCalls = [_calls.ReadLegacy(ref reader)];
            else
                reader.SkipValue();
        }

        if (reasoning.Length == 0)
            reasoning = olderReasoning ?? "";
    }

    private string? ReadPiece(ref Utf8JsonReader reader, ChunkTemplate.Part part)
    {
        if (reader.TokenType == JsonTokenType.String)
            _template.Report(part, reader.TokenStartIndex + 1, reader.ValueSpan.Length);

        return _values.ReadText(ref reader);
    }

    private static ServerError? ReadChoiceError(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;

        byte[] error = Encoding.UTF8.GetBytes($"{{\"error\":{LenientValues.ReadRaw(ref reader)}}}");
        return ServerError.TryRead(error, out ServerError? read) ? read : null;
    }
}
