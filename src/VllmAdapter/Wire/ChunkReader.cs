using System.Text.Json;

namespace VllmAdapter;

/// <summary>Decodes one event, or one whole reply, into chunks. Tolerant: unknown fields, wrong types and nulls anywhere are passed over.</summary>
/// <remarks>One instance a stream; it reuses what the chunks repeat, so that a chunk costs itself and its text.</remarks>
internal sealed class ChunkReader
{
    private const long LatestSecond = 253_402_300_799;

    private RepeatedText _id;
    private RepeatedText _model;
    private RepeatedText _fingerprint;
    private readonly ChunkTemplates _templates = new();
    private readonly ChoiceMap<ChoiceProgress> _progress = new(static index => new ChoiceProgress(index));
    private readonly List<ChatChunk> _chunks = new(1);
    private static readonly List<(int Choice, ServerError Error)> NoErrors = [];

    private List<(int Choice, ServerError Error)>? _choiceErrors;
    private readonly ExtraFields _extra = new();
    private readonly ChoiceIndexes _indexes;
    private TokenUsage? _usage;
    private TokenUsage? _usageOfChoices;
    private IReadOnlyList<int>? _promptTokenIds;
    private bool _textIsLossy;

    /// <summary>A reader that leaves every index as it is.</summary>
    public ChunkReader()
        : this(int.MaxValue)
    {
    }

    /// <summary>A reader that knows how many answers were asked for. Where it is one, all indexes mean choice 0.</summary>
    public ChunkReader(int answersAsked)
    {
        _indexes = new ChoiceIndexes(answersAsked);
    }

    /// <summary>The chunks of the last event: one a choice, or one without a choice for a usage.</summary>
    public List<ChatChunk> Chunks => _chunks;

    /// <summary>The usage of the last event.</summary>
    public TokenUsage? Usage => _usage;

    /// <summary>Errors of single choices in the last event.</summary>
    public List<(int Choice, ServerError Error)> ChoiceErrors => _choiceErrors ?? NoErrors;

    /// <summary>The error that the last event reported.</summary>
    public ServerError? Error { get; private set; }

    public string? Id => _id.Text;

    public bool IdHasChanged => _id.HasChanged;

    public string? Model => _model.Text;

    public string? Fingerprint => _fingerprint.Text;

    /// <summary>When the server took the request up; null if it did not say, or no time that can be.</summary>
    public DateTimeOffset? CreatedAt { get; private set; }

    /// <summary>The name under which reasoning came, if it is not vLLM's own of today.</summary>
    public string? ReasoningName { get; private set; }

    /// <summary>Fields of an unexpected type so far.</summary>
    public int Oddities { get; private set; }

    /// <summary>
    /// Whether any text so far holds the replacement character, which is what bytes that are not UTF-8 and half characters become, or
    /// ends in half a character whose other half has not come.
    /// </summary>
    public bool TextIsLossy => _textIsLossy || Any(static choice => choice.HoldsHalf);

    /// <summary>How many different choice indexes the server wrote so far: more than were asked for if it counts something else with them.</summary>
    public int ChoiceIndexesSeen => _indexes.Seen;

    /// <summary>Whether the pieces of a choice's text or reasoning, at least three, each repeat all that came before them (QwenLM/qwen-code#3896).</summary>
    public bool LooksCumulative => Any(static choice => choice.LooksCumulative);

    /// <summary>Reads one JSON object. A whole reply's <c>message</c> reads as a stream's <c>delta</c>.</summary>
    /// <returns>The bytes read; more may follow where a proxy glued two events together.</returns>
    /// <exception cref="JsonException">The bytes are not a JSON object.</exception>
    public int Read(ReadOnlySpan<byte> json)
    {
        Clear();
        if (ReadAlike(json) is { } alike)
        {
            _chunks.Add(alike);
            _usage = alike.Usage;
            return json.Length;
        }

        EventReading reading = EventReading.Lend();
        try
        {
            return Parse(json, reading);
        }
        finally
        {
            Oddities += reading.Values.Oddities;
            _textIsLossy |= reading.Values.TextIsLossy;
            reading.Return();
        }
    }

    /// <summary>Makes the last event's chunk of a text that stands beside no choices, as in a transcription that was not streamed.</summary>
    /// <returns>Whether there is one.</returns>
    public bool ReadBareText()
    {
        if (_extra.Take("text", JsonValueKind.String) is not { } said)
            return false;

        string text = JsonText.ReadPiece(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(said)[1..^1]);
        Observe(text = PieceProgress.Whole(text));
        _chunks.Add(new ChatChunk { Text = text, Extra = _extra.Take() });
        return true;
    }

    /// <summary>Whether an event would be read by comparison with one before it.</summary>
    internal bool IsAlike(ReadOnlySpan<byte> json)
    {
        var filling = new ChunkTemplate.Filling();
        return _templates.Find(json, ref filling) is not null;
    }

    /// <summary>Ends the stream: <see cref="Chunks"/> are what is still to hand out where the second half of a character never came.</summary>
    public void End()
    {
        Clear();
        foreach (ChoiceProgress progress in _progress.Values)
        {
            if (progress.Release() is { } left)
                _chunks.Add(left);
        }

        _textIsLossy |= _chunks.Count > 0;
    }

    private void Clear()
    {
        _chunks.Clear();
        (_choiceErrors, _usage, _usageOfChoices, _promptTokenIds, Error) = (null, null, null, null, null);
    }

    private ChatChunk? ReadAlike(ReadOnlySpan<byte> json)
    {
        var filling = new ChunkTemplate.Filling();
        if (_templates.Find(json, ref filling) is not { } template)
            return null;

        ChoiceProgress progress = template.Progress;
        string text = filling.Text, reasoning = filling.Reasoning;
        if (text.Length > 0)
            Observe(text = progress.Text.AddDelta(text));

        if (reasoning.Length > 0)
            Observe(reasoning = progress.Reasoning.AddDelta(reasoning));

        ChatChunk chunk;
        if (template.Call is not { } call)
        {
            chunk = new ChatChunk(template.Choice, text, reasoning, toolCalls: null, finishWord: null, filling.Usage);
        }
        else
        {
            string arguments = progress.AddArguments(call.Index, filling.Arguments);
            Observe(arguments);
            chunk = new ChatChunk(template.Choice, text, reasoning, call with { Arguments = arguments }, filling.Usage);
        }

        return template.Extra is { } extra ? chunk.WithExtraOf(extra) : chunk;
    }

    private int Parse(ReadOnlySpan<byte> json, EventReading reading)
    {
        _indexes.BeginEvent();
        var reader = new Utf8JsonReader(json, JsonText.Reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an event is not a JSON object");

        bool mayBeError = false;
        while (reader.ReadField())
            mayBeError |= ReadRootField(ref reader, reading);

        int length = (int)reader.BytesConsumed;
        if (mayBeError && ServerError.TryRead(json[..length], out ServerError? error))
            Error = error;

        Complete();
        bool isPlain = length == json.Length && !mayBeError && reading.Values.Oddities == 0 && _choiceErrors is null && _promptTokenIds is null;
        if (isPlain && _chunks is [var chunk] && reading.Shape.Template(json, chunk, _progress.At(chunk.ChoiceIndex)) is { } template)
            _templates.Keep(template);

        return length;
    }

    private void Complete()
    {
        _usage ??= _usageOfChoices;
        if (_chunks.Count == 0 && (_usage is not null || _promptTokenIds is not null))
            _chunks.Add(new ChatChunk { HasChoice = false, Usage = _usage });
        else if (_chunks.Count > 0 && _usage is not null)
            _chunks[^1] = _chunks[^1].Counting(_usage);

        if (_promptTokenIds is not null)
            _chunks[0] = _chunks[0] with { PromptTokenIds = _promptTokenIds };

        // Of an event without a chunk they wait for the next one.
        if (_chunks.Count > 0 && _extra.Take() is { } extra)
            _chunks[0] = _chunks[0] with { Extra = extra };
    }

    private bool ReadRootField(ref Utf8JsonReader reader, EventReading reading)
    {
        ReadOnlySpan<byte> name = reader.FieldName();
        reader.Read();
        if (name.SequenceEqual("choices"u8))
            ReadChoices(ref reader, reading);
        else if (name.SequenceEqual("id"u8))
            Observe(ref reader, ref _id);
        else if (name.SequenceEqual("model"u8))
            Observe(ref reader, ref _model);
        else if (name.SequenceEqual("usage"u8))
            _usage = (reading.Values.Expect(ref reader, JsonTokenType.StartObject) ? UsageReading.Read(ref reader, reading.Shape) : null) ?? _usage;
        else if (name.SequenceEqual("system_fingerprint"u8))
            Observe(ref reader, ref _fingerprint);
        else if (name.SequenceEqual("created"u8))
            ReadCreated(ref reader);
        else if (name.SequenceEqual("prompt_token_ids"u8))
            _promptTokenIds = reader.ReadNumbers();
        else if (name.SequenceEqual("object"u8) || name.SequenceEqual("type"u8))
            return SkipIsError(ref reader);
        else
        {
            bool isErrorField = reader.TokenType != JsonTokenType.Null
                && (name.SequenceEqual("error"u8) || name.SequenceEqual("detail"u8) || name.SequenceEqual("error_type"u8)
                    || name.SequenceEqual("errors"u8) || name.SequenceEqual("message"u8) || name.SequenceEqual("msg"u8));
            if (isErrorField || name.SequenceEqual("created"u8))
                reader.SkipValue();
            else
                _extra.Read(ref reader, name);

            return isErrorField;
        }

        return false;
    }

    private bool Any(Func<ChoiceProgress, bool> condition)
    {
        foreach (ChoiceProgress progress in _progress.Values)
        {
            if (condition(progress))
                return true;
        }

        return false;
    }

    private void Observe(string text) => _textIsLossy |= LenientValues.IsLossy(text);

    private void Observe(ref Utf8JsonReader reader, ref RepeatedText text)
    {
        if (text.Observe(ref reader))
            _templates.Forget();
    }

    // Every chunk of vLLM repeats it, in seconds since 1970.
    private void ReadCreated(ref Utf8JsonReader reader)
    {
        if (CreatedAt is null && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long seconds) && seconds is > 0 and <= LatestSecond)
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(seconds);

        reader.SkipValue();
    }

    private static bool SkipIsError(ref Utf8JsonReader reader)
    {
        bool isError = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("error"u8);
        reader.SkipValue();
        return isError;
    }

    private void ReadChoices(ref Utf8JsonReader reader, EventReading reading)
    {
        if (reading.Values.ExpectAsList(ref reader))
        {
            ReadChoice(ref reader, reading.Choice);
            return;
        }

        if (!reading.Values.Expect(ref reader, JsonTokenType.StartArray))
            return;

        while (reader.ReadElement())
        {
            if (reading.Values.Expect(ref reader, JsonTokenType.StartObject))
                ReadChoice(ref reader, reading.Choice);
        }
    }

    private void ReadChoice(ref Utf8JsonReader reader, ChoiceReading read)
    {
        read.Read(ref reader);
        if (read.SaysReasoningContent)
            ReasoningName = "reasoning_content";

        int choice = _indexes.ChoiceOf(read.Index, read.BeginsAnAnswer);
        ChatChunk chunk = read.Chunk(choice, read.HasOutput ? _progress.At(choice) : _progress.Find(choice));
        if (read.Usage is { } usage)
        {
            chunk.Counting(usage);
            _usageOfChoices = _usageOfChoices is null ? usage : _usageOfChoices.With(usage);
        }

        _chunks.Add(chunk);
        if (read.Error is { } error)
            (_choiceErrors ??= []).Add((choice, error));
    }
}
