using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>Everything that was observed of a stream: what policies decide on and what the verdict rests on.</summary>
/// <remarks>
/// While the stream runs the adapter goes on writing to the same instance, so policies must not keep it; afterwards it does not
/// change. Tests and replays build one with an object initializer.
/// </remarks>
public sealed record StreamEvidence
{
    private readonly List<ChoiceEvidence> _choices = [];
    private bool _isWholeReply;
    private TimeSpan? _headersAt;
    private int _chunks;
    private int _events;
    private long _bytes;
    private int _keepAlives;
    private TimeSpan _elapsed;
    private TimeSpan _silentFor;
    private TimeSpan? _sinceFinish;
    private TimeSpan? _firstChunkAt;
    private TimeSpan? _lastChunkAt;
    private string? _marker;
    private bool _sentinelSeen;
    private int _eventsAfterSentinel;
    private BodyEnd? _bodyEnd;
    private bool _lastEventUnterminated;
    private string? _transportError;
    private string? _malformation;
    private string? _unreadText;
    private ServerError? _error;
    private TokenUsage? _usage;
    private bool _usageIsFinal;
    private bool _hasOutput;
    private string? _responseId;
    private string? _model;
    private string? _systemFingerprint;
    private bool _responseIdChanged;
    private bool _textIsLossy;
    private int _oddities;
    private int _choiceIndexesSeen;
    private bool _looksCumulative;
    private bool _unwantedReasoning;

    /// <summary>What the request asked for.</summary>
    public AskedFor Asked { get; init; } = new();

    /// <summary>Whether the server is known to mark the end of its streams, as vLLM does.</summary>
    /// <value><see cref="VllmAdapter.EndMarker.Expected"/> by default.</value>
    public EndMarker EndMarker { get; init; } = EndMarker.Expected;

    /// <summary>Whether the reply came whole instead of as a stream.</summary>
    public bool IsWholeReply { get => _isWholeReply; init => _isWholeReply = value; }

    /// <summary>The id under which the request was sent (<c>X-Request-Id</c>).</summary>
    public string? RequestId { get; init; }

    /// <summary>Tries that failed before this one; empty if the first one was answered.</summary>
    public IReadOnlyList<FailedAttempt> FailedAttempts { get; init; } = [];

    /// <summary>When the headers came, counted from the beginning of the call, with whatever was tried before.</summary>
    public TimeSpan? HeadersAt { get => _headersAt; init => _headersAt = value; }

    /// <summary>When the first chunk came, counted from the beginning of the call; null if none came.</summary>
    public TimeSpan? FirstChunkAt { get => _firstChunkAt; init => _firstChunkAt = value; }

    /// <summary>When the last chunk came, counted from the beginning of the call; null if none came.</summary>
    public TimeSpan? LastChunkAt { get => _lastChunkAt; init => _lastChunkAt = value; }

    /// <summary>Time since the call began: waiting for a place and failed attempts included.</summary>
    public TimeSpan Elapsed { get => _elapsed; init => _elapsed = value; }

    /// <summary>
    /// How long the adapter has waited for the server since the last progress, or since the headers if there was none. Progress is text,
    /// reasoning, a piece of a call, token ids or a rising token count; the consumer's own time never counts.
    /// </summary>
    public TimeSpan SilentFor { get => _silentFor; init => _silentFor = value; }

    /// <summary>
    /// How long the adapter has waited for the server since every choice had declared its finish reason and something had been delivered;
    /// null before that.
    /// </summary>
    public TimeSpan? SinceFinish { get => _sinceFinish; init => _sinceFinish = value; }

    /// <summary>Bytes of the body, as read.</summary>
    public long Bytes { get => _bytes; init => _bytes = value; }

    /// <summary>Events received, chunks and others.</summary>
    public int Events { get => _events; init => _events = value; }

    /// <summary>Chunks received: events that carried choices or usage.</summary>
    public int Chunks { get => _chunks; init => _chunks = value; }

    /// <summary>Keep-alive comments received: the socket lives, but that says nothing of the model.</summary>
    public int KeepAlives { get => _keepAlives; init => _keepAlives = value; }

    /// <summary>The last event that was no JSON, such as <c>[DONE]</c>.</summary>
    public string? Marker { get => _marker; init => _marker = value; }

    /// <summary>Whether the end marker came. vLLM sends it after errors and aborts too.</summary>
    public bool SentinelSeen { get => _sentinelSeen; init => _sentinelSeen = value; }

    /// <summary>Events that came after the end marker and were ignored.</summary>
    public int EventsAfterSentinel { get => _eventsAfterSentinel; init => _eventsAfterSentinel = value; }

    /// <summary>How the body ended, or null if it was not read to its end.</summary>
    public BodyEnd? BodyEnd { get => _bodyEnd; init => _bodyEnd = value; }

    /// <summary>Whether the last event lacked its closing blank line but could be read all the same.</summary>
    public bool LastEventUnterminated { get => _lastEventUnterminated; init => _lastEventUnterminated = value; }

    /// <summary>What broke the connection.</summary>
    public string? TransportError { get => _transportError; init => _transportError = value; }

    /// <summary>Why the body cannot be trusted.</summary>
    public string? Malformation { get => _malformation; init => _malformation = value; }

    /// <summary>The beginning of what was received but could not be read, at most 2,000 characters.</summary>
    public string? UnreadText { get => _unreadText; init => _unreadText = value; }

    /// <summary>The error that the server reported.</summary>
    public ServerError? Error { get => _error; init => _error = value; }

    /// <summary>The last credible usage, or null if none came. A usage that counts nothing at all is no usage.</summary>
    public TokenUsage? Usage { get => _usage; init => _usage = value; }

    /// <summary>Whether <see cref="Usage"/> is the trailing one, for the whole request.</summary>
    public bool UsageIsFinal { get => _usageIsFinal; init => _usageIsFinal = value; }

    /// <summary>The server's id of the reply.</summary>
    public string? ResponseId { get => _responseId; init => _responseId = value; }

    /// <summary>Whether the reply's id changed on the way: a gateway may have switched servers in mid-stream.</summary>
    public bool ResponseIdChanged { get => _responseIdChanged; init => _responseIdChanged = value; }

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get => _model; init => _model = value; }

    /// <summary>The server's version and layout (vLLM 0.20 and later).</summary>
    public string? SystemFingerprint { get => _systemFingerprint; init => _systemFingerprint = value; }

    /// <summary>Whether some text held bytes that are not UTF-8, or the replacement character.</summary>
    public bool TextIsLossy { get => _textIsLossy; init => _textIsLossy = value; }

    /// <summary>Fields of an unexpected type that were passed over.</summary>
    public int Oddities { get => _oddities; init => _oddities = value; }

    /// <summary>
    /// How many choice indexes the server used, where one choice was asked for and all pieces were taken for that one; 0 if it numbered
    /// the choices as it should.
    /// </summary>
    public int ChoiceIndexesSeen { get => _choiceIndexesSeen; init => _choiceIndexesSeen = value; }

    /// <summary>Whether each piece of text repeated all text before it, so that the text is there several times over.</summary>
    public bool LooksCumulative { get => _looksCumulative; init => _looksCumulative = value; }

    /// <summary>Whether reasoning came although the request hid it (<c>include_reasoning: false</c>); it was left out.</summary>
    public bool UnwantedReasoning { get => _unwantedReasoning; init => _unwantedReasoning = value; }

    /// <summary>What was observed of each choice, in the order in which they appeared.</summary>
    public IReadOnlyList<ChoiceEvidence> Choices
    {
        get => _choices;
        init => _choices = [.. value];
    }

    /// <summary>Whether every choice that was asked for has declared a finish reason.</summary>
    [JsonIgnore]
    public bool EveryChoiceDeclared
    {
        get
        {
            foreach (ChoiceEvidence choice in _choices)
            {
                if (!choice.HasDeclared || choice.ReasonWasPremature)
                    return false;
            }

            return _choices.Count >= Math.Max(1, Asked.Choices);
        }
    }

    /// <summary>Whether the reply has one choice only, so that the usage is that choice's.</summary>
    internal bool IsSingle => Asked.Choices <= 1 && _choices.Count <= 1;

    /// <summary>The least number of completion tokens that the whole request has cost, as far as any count shows.</summary>
    internal long CountedTokens
    {
        get
        {
            long sum = 0;
            foreach (ChoiceEvidence choice in _choices)
                sum += choice.CompletionTokens ?? 0;

            return Math.Max(sum, _usage?.CompletionTokens ?? 0);
        }
    }

    /// <summary>
    /// Whether <see cref="CountedTokens"/> are all that the request has cost. Counts of several streamed choices are believed if the server
    /// names its version: vLLM 0.8.5, which counts one token too few for each, does not do so yet.
    /// </summary>
    internal bool UsageIsExact => _usageIsFinal && !MayUndercount;

    /// <summary>Whether a count may be one token too low for each choice.</summary>
    internal bool MayUndercount => !IsSingle && !_isWholeReply && _systemFingerprint is null;

    /// <summary>Whether the server is known to have written all that it meant to write.</summary>
    internal bool EndIsMarked => _sentinelSeen || (IsWholeReply && _bodyEnd == VllmAdapter.BodyEnd.InOrder);

    internal Exception? Fault { get; private set; }

    /// <summary>What must show in no text of the server's: the API key.</summary>
    internal string? Secret { private get; init; }

    internal ChoiceEvidence ChoiceAt(int index)
    {
        // Choices mostly appear in order.
        if (index < _choices.Count && _choices[index].Index == index)
            return _choices[index];

        foreach (ChoiceEvidence choice in _choices)
        {
            if (choice.Index == index)
                return choice;
        }

        var added = new ChoiceEvidence { Index = index };
        _choices.Add(added);
        return added;
    }

    internal void At(TimeSpan elapsed, TimeSpan silentFor)
    {
        (_elapsed, _silentFor) = (elapsed, silentFor);
        _sinceFinish = _hasOutput && EveryChoiceDeclared ? silentFor : null;
    }

    internal void HeadersCame(TimeSpan at, bool isWhole) => (_headersAt, _isWholeReply) = (at, isWhole);

    internal void ObserveEvent(long bytes, int keepAlives)
    {
        _events++;
        ObserveBytes(bytes, keepAlives);
    }

    internal void ObserveBytes(long bytes, int keepAlives) => (_bytes, _keepAlives) = (bytes, keepAlives);

    internal void ObserveMarker(string marker, bool isSentinel)
    {
        _marker = marker;
        _sentinelSeen |= isSentinel;
    }

    internal void ObserveEventAfterSentinel() => _eventsAfterSentinel++;

    /// <summary>Takes over the chunks of one event.</summary>
    internal void Fold(ChunkReader reader)
    {
        if (reader.Chunks.Count == 0)
            return;

        _chunks++;
        _firstChunkAt ??= _elapsed;
        _lastChunkAt = _elapsed;
        foreach (ChatChunk chunk in reader.Chunks)
        {
            // What more was written is not in a usage that came before.
            if (chunk.HasOutput)
                (_hasOutput, _usageIsFinal) = (true, false);

            if (chunk.HasChoice)
                ChoiceAt(chunk.Choice).Observe(chunk);
        }

        foreach ((int choice, ServerError error) in reader.ChoiceErrors)
            ChoiceAt(choice).Fail(error.Without(Secret));

        if (reader.Usage is { } usage)
            Count(usage, reader.Chunks);
    }

    private void Count(TokenUsage usage, List<ChatChunk> chunks)
    {
        // Zero is what some servers send when they have not counted: missing is not zero.
        if (usage.TotalTokens == 0 || (usage.CompletionTokens == 0 && _hasOutput))
            return;

        // LiteLLM hangs the trailing usage on an empty delta of choice 0, after its finish reason.
        ChatChunk first = chunks[0];
        bool saysMore = first.HasOutput || first.FinishWord is not null;
        _usage = usage;
        _usageIsFinal = _isWholeReply || !first.HasChoice || (!saysMore && ChoiceAt(first.Choice).HasDeclared);

        // With several choices a usage that comes alone is a sum over them; one next to a choice's output is that choice's.
        if (IsSingle && _choices.Count == 1)
            _choices[0].Count(usage.CompletionTokens);
        else if (chunks.Count == 1 && saysMore && !_isWholeReply)
            ChoiceAt(first.Choice).Count(usage.CompletionTokens);
    }

    /// <summary>Takes over what the whole stream had in common.</summary>
    internal void Close(ChunkReader reader)
    {
        (_responseId, _responseIdChanged, _model, _systemFingerprint) = (reader.Id, reader.IdHasChanged, reader.Model, reader.Fingerprint);
        (_textIsLossy, _oddities) = (reader.TextIsLossy, reader.Oddities);
    }

    internal void Fail(ServerError error) => _error ??= error.Without(Secret);

    internal void Malform(string why) => _malformation ??= why;

    internal void End(BodyEnd end) => _bodyEnd ??= end;

    internal void EndWithoutBlankLine() => _lastEventUnterminated = true;

    internal void Cut(Exception fault)
    {
        Fault ??= fault;
        _transportError ??= fault.InnerException is { } inner && !fault.Message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{fault.Message} {inner.Message}"
            : fault.Message;
        _bodyEnd ??= VllmAdapter.BodyEnd.Cut;
    }

    internal void KeepUnread(string? text) => _unreadText ??= ServerError.Hide(Secret, text);
}
