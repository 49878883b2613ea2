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
    private readonly List<ChatChunk> _chunks = new(1);
    private readonly List<(int Choice, ServerError Error)> _choiceErrors = [];
    private TokenUsage? _usage;
    private IReadOnlyList<int>? _promptTokenIds;

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
    public int Oddities { get; private set; }

    /// <summary>Whether any text so far holds the replacement character, which is what bytes that are not UTF-8 become.</summary>
    public bool TextIsLossy { get; private set; }

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
            TextIsLossy |= HoldsReplacement(alike.Text) || HoldsReplacement(alike.Reasoning);
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
        ReadOnlySpan<byte> name = NameOf(ref reader);
        reader.Read();
        if (name.SequenceEqual("choices"u8))
            ReadChoices(ref reader);
        else if (name.SequenceEqual("id"u8))
            _id.Observe(ref reader);
        else if (name.SequenceEqual("model"u8))
            _model.Observe(ref reader);
        else if (name.SequenceEqual("usage"u8))
            _usage = ReadUsage(ref reader) ?? _usage;
        else if (name.SequenceEqual("system_fingerprint"u8))
            _fingerprint.Observe(ref reader);
        else if (name.SequenceEqual("prompt_token_ids"u8))
            _promptTokenIds = ReadNumbers(ref reader);
        else if (name.SequenceEqual("object"u8) || name.SequenceEqual("type"u8))
            return SkipIsError(ref reader);
        else
        {
            bool isErrorField = reader.TokenType != JsonTokenType.Null
                && (name.SequenceEqual("error"u8) || name.SequenceEqual("detail"u8) || name.SequenceEqual("error_type"u8));
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
        if (!Expect(ref reader, JsonTokenType.StartArray))
            return;

        while (reader.ReadElement())
        {
            if (Expect(ref reader, JsonTokenType.StartObject))
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
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("delta"u8) || name.SequenceEqual("message"u8))
                ReadDelta(ref reader, name[0] == 'm', ref text, ref reasoning, ref toolCalls);
            else if (name.SequenceEqual("index"u8))
                index = ReadIndex(ref reader) ?? 0;
            else if (name.SequenceEqual("finish_reason"u8))
                finishWord = ReadWord(ref reader);
            else if (name.SequenceEqual("stop_reason"u8))
                stopReason = ReadStopReason(ref reader);
            else if (name.SequenceEqual("text"u8)) // of /v1/completions
                text = ReadText(ref reader) ?? text;
            else if (name.SequenceEqual("logprobs"u8))
                logprobs = ReadLogprobs(ref reader);
            else if (name.SequenceEqual("token_ids"u8))
                tokenIds = ReadNumbers(ref reader);
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
        if (!Expect(ref reader, JsonTokenType.StartObject))
            return;

        string? olderReasoning = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("content"u8))
                text = ReadPiece(ref reader, ChunkTemplate.Part.Text) ?? text;
            else if (name.SequenceEqual("reasoning"u8))
                reasoning = ReadPiece(ref reader, ChunkTemplate.Part.Reasoning) ?? reasoning;
            else if (name.SequenceEqual("reasoning_content"u8)) // vLLM before 0.16; 0.11.1 to 0.15 send both with the same text
                olderReasoning = ReadPiece(ref reader, ChunkTemplate.Part.Reasoning);
            else if (name.SequenceEqual("tool_calls"u8))
                toolCalls = ReadToolCalls(ref reader, isWhole) ?? toolCalls;
            else if (name.SequenceEqual("function_call"u8) && reader.TokenType == JsonTokenType.StartObject && toolCalls is null)
                toolCalls = [LegacyCall(ReadFunction(ref reader))];
            else
                reader.SkipValue();
        }

        if (reasoning.Length == 0)
            reasoning = olderReasoning ?? "";
    }

    private List<ToolCallDelta>? ReadToolCalls(ref Utf8JsonReader reader, bool isWhole)
    {
        if (!Expect(ref reader, JsonTokenType.StartArray))
            return null;

        // vLLM 0.20 sends an empty list next to every piece of text: an empty list is no call.
        List<ToolCallDelta>? calls = null;
        while (reader.ReadElement())
        {
            // In a whole reply every entry is a call of its own, and no entry says its index.
            if (Expect(ref reader, JsonTokenType.StartObject))
                (calls ??= new(1)).Add(ReadToolCall(ref reader, isWhole ? calls.Count : null));
        }

        return calls;
    }

    private ToolCallDelta ReadToolCall(ref Utf8JsonReader reader, int? position)
    {
        int? index = null;
        string? id = null;
        (string? Name, string Arguments) function = (null, "");
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("function"u8))
                function = Expect(ref reader, JsonTokenType.StartObject) ? ReadFunction(ref reader) : function;
            else if (name.SequenceEqual("index"u8))
                index = ReadIndex(ref reader);
            else if (name.SequenceEqual("id"u8))
                id = ReadText(ref reader);
            else
                reader.SkipValue();
        }

        return new ToolCallDelta
        {
            Index = position ?? index,
            Id = id is { Length: > 0 } ? id : null,
            Name = function.Name,
            Arguments = function.Arguments,
        };
    }

    private (string? Name, string Arguments) ReadFunction(ref Utf8JsonReader reader)
    {
        string? functionName = null;
        string arguments = "";
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("arguments"u8))
                arguments = ReadArguments(ref reader);
            else if (name.SequenceEqual("name"u8))
                functionName = ReadText(ref reader);
            else
                reader.SkipValue();
        }

        return (functionName is { Length: > 0 } ? functionName : null, arguments);
    }

    private static ToolCallDelta LegacyCall((string? Name, string Arguments) function) =>
        new() { Index = 0, Name = function.Name, Arguments = function.Arguments };

    // Arguments are text that holds JSON; a server that sends the JSON itself is taken at its word.
    private string ReadArguments(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? ReadRaw(ref reader) : ReadText(ref reader) ?? "";

    private static string ReadRaw(ref Utf8JsonReader reader)
    {
        try
        {
            using JsonDocument value = JsonDocument.ParseValue(ref reader);
            return value.RootElement.GetRawText();
        }
        catch (InvalidOperationException invalid)
        {
            throw new JsonException("An event that holds bytes which are not UTF-8 where they cannot be passed over.", invalid);
        }
    }

    private string? ReadPiece(ref Utf8JsonReader reader, ChunkTemplate.Part part)
    {
        if (reader.TokenType == JsonTokenType.String)
            _template.Report(part, reader.TokenStartIndex + 1, reader.ValueSpan.Length);

        return ReadText(ref reader);
    }

    private string? ReadText(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                string text = JsonText.Read(ref reader);
                TextIsLossy |= HoldsReplacement(text);
                return text;
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.StartArray:
                return ReadParts(ref reader);
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                Oddities++;
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                Oddities++;
                reader.SkipValue();
                return null;
        }
    }

    // Content as a list of parts: [{"type":"text","text":"..."}]; some gateways send answers so.
    private string ReadParts(ref Utf8JsonReader reader)
    {
        var text = new StringBuilder();
        while (reader.ReadElement())
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                text.Append(ReadText(ref reader));
                continue;
            }

            if (!Expect(ref reader, JsonTokenType.StartObject))
                continue;

            while (reader.ReadField())
            {
                bool isText = NameOf(ref reader).SequenceEqual("text"u8);
                reader.Read();
                if (isText)
                    text.Append(ReadText(ref reader));
                else
                    reader.SkipValue();
            }
        }

        return text.ToString();
    }

    private static bool HoldsReplacement(string text) => text.Contains('\uFFFD');

    private string? ReadWord(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            if (reader.TokenType != JsonTokenType.Null)
                Oddities++;

            reader.SkipValue();
            return null;
        }

        // An empty word is what some servers send instead of null (ollama#4357).
        return reader.ValueSpan switch
        {
            [] => null,
            var word when word.SequenceEqual("stop"u8) => "stop",
            var word when word.SequenceEqual("length"u8) => "length",
            var word when word.SequenceEqual("tool_calls"u8) => "tool_calls",
            _ => ReadText(ref reader),
        };
    }

    // The stop string, or the number of the stop token.
    private static string? ReadStopReason(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return JsonText.Read(ref reader) is { Length: > 0 } text ? text : null;
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                reader.SkipValue();
                return null;
        }
    }

    private int? ReadIndex(ref Utf8JsonReader reader)
    {
        JsonTokenType type = reader.TokenType;
        int? index = JsonText.ReadCount(ref reader);
        if (type is not (JsonTokenType.Number or JsonTokenType.Null) || (index is null && type == JsonTokenType.Number))
            Oddities++;

        return index;
    }

    private TokenUsage? ReadUsage(ref Utf8JsonReader reader)
    {
        if (!Expect(ref reader, JsonTokenType.StartObject))
            return null;

        int? prompt = null, completion = null, total = null, cached = null, created = null, reasoning = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("prompt_tokens"u8))
                prompt = ReadCount(ref reader, ChunkTemplate.Part.PromptTokens);
            else if (name.SequenceEqual("completion_tokens"u8))
                completion = ReadCount(ref reader, ChunkTemplate.Part.CompletionTokens);
            else if (name.SequenceEqual("total_tokens"u8))
                total = ReadCount(ref reader, ChunkTemplate.Part.TotalTokens);
            else if (name.SequenceEqual("prompt_tokens_details"u8) && reader.TokenType == JsonTokenType.StartObject)
                ReadDetails(ref reader, ref cached, ref created, ref reasoning);
            else if (name.SequenceEqual("completion_tokens_details"u8) && reader.TokenType == JsonTokenType.StartObject)
                ReadDetails(ref reader, ref cached, ref created, ref reasoning);
            else
                reader.SkipValue();
        }

        TokenUsageDetails? details = (cached ?? created ?? reasoning) is null
            ? null
            : new TokenUsageDetails { CachedPromptTokens = cached, CreatedCacheTokens = created, ReasoningTokens = reasoning };
        return TokenUsage.From(prompt, completion, total, details);
    }

    private int? ReadCount(ref Utf8JsonReader reader, ChunkTemplate.Part part)
    {
        if (reader.TokenType == JsonTokenType.Number)
            _template.Report(part, reader.TokenStartIndex, reader.ValueSpan.Length);

        return JsonText.ReadCount(ref reader);
    }

    private static void ReadDetails(ref Utf8JsonReader reader, ref int? cached, ref int? created, ref int? reasoning)
    {
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("cached_tokens"u8))
                cached = JsonText.ReadCount(ref reader);
            else if (name.SequenceEqual("created_cache_tokens"u8))
                created = JsonText.ReadCount(ref reader);
            else if (name.SequenceEqual("reasoning_tokens"u8))
                reasoning = JsonText.ReadCount(ref reader);
            else
                reader.SkipValue();
        }
    }

    private static LogprobContent? ReadLogprobs(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.SkipValue();
            return null;
        }

        IReadOnlyList<TokenLogprob> tokens = [];
        while (reader.ReadField())
        {
            bool isContent = NameOf(ref reader).SequenceEqual("content"u8);
            reader.Read();
            if (isContent)
                tokens = ReadTokenLogprobs(ref reader);
            else
                reader.SkipValue();
        }

        return new LogprobContent { Tokens = tokens };
    }

    private static List<TokenLogprob> ReadTokenLogprobs(ref Utf8JsonReader reader)
    {
        List<TokenLogprob> tokens = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.SkipValue();
            return tokens;
        }

        while (reader.ReadElement())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                tokens.Add(ReadTokenLogprob(ref reader));
            else
                reader.SkipValue();
        }

        return tokens;
    }

    private static TokenLogprob ReadTokenLogprob(ref Utf8JsonReader reader)
    {
        var token = new TokenLogprob();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = NameOf(ref reader);
            reader.Read();
            if (name.SequenceEqual("token"u8) && reader.TokenType == JsonTokenType.String)
                token = token with { Token = JsonText.Read(ref reader) };
            else if (name.SequenceEqual("logprob"u8) && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double logprob))
                token = token with { Logprob = logprob };
            else if (name.SequenceEqual("bytes"u8))
                token = token with { Bytes = ReadNumbers(ref reader) };
            else if (name.SequenceEqual("top_logprobs"u8))
                token = token with { Top = ReadTokenLogprobs(ref reader) };
            else
                reader.SkipValue();
        }

        return token;
    }

    private static List<int>? ReadNumbers(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.SkipValue();
            return null;
        }

        List<int> numbers = [];
        while (reader.ReadElement())
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number))
                numbers.Add(number);
            else
                reader.SkipValue();
        }

        return numbers;
    }

    private static ServerError? ReadChoiceError(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;

        byte[] error = Encoding.UTF8.GetBytes($"{{\"error\":{ReadRaw(ref reader)}}}");
        return ServerError.TryRead(error, out ServerError? read) ? read : null;
    }

    private bool Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType == type)
            return true;

        if (reader.TokenType != JsonTokenType.Null)
            Oddities++;

        reader.SkipValue();
        return false;
    }

    private static ReadOnlySpan<byte> NameOf(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Read(ref reader)) : reader.ValueSpan;
}
