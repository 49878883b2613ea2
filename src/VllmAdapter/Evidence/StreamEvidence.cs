using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>Everything that was observed of a stream: what policies decide on and what the verdict rests on.</summary>
/// <remarks>
/// While the stream runs, the adapter keeps writing to the same instance; a policy that wants to keep a moment keeps a copy
/// (<c>evidence with { }</c>), which nothing changes any more. After the end it does not change. Tests and replays build one with an object
/// initializer.
/// </remarks>
public sealed record StreamEvidence
{
    private const int LongestUnread = 2000;

    private static readonly RequestEvidence NothingAsked = new();

    private readonly ChoiceEvidenceList _choices = new();
    private RequestEvidence _asked = NothingAsked;
    private ValueList<FailedAttempt> _failedAttempts = ValueList<FailedAttempt>.Empty;
    private string? _requestId;
    private Facts _facts;
    private Aside<Exception?> _fault;
    private Aside<Secrets> _secrets = new(Secrets.None);

    /// <summary>No evidence yet, to be filled by an object initializer.</summary>
    public StreamEvidence()
    {
    }

    // A copy is a moment that stays: it has choices of its own.
    private StreamEvidence(StreamEvidence other)
    {
        (_choices, _facts, _asked) = (new ChoiceEvidenceList(other._choices, copy: true), other._facts, other._asked);
        (_requestId, _failedAttempts) = (other._requestId, other._failedAttempts);
        (SentinelExpected, Fault, Secrets) = (other.SentinelExpected, other.Fault, other.Secrets);
    }

    /// <summary>What the request asked for.</summary>
    public RequestEvidence Request { get => _asked; init => _asked = value ?? NothingAsked; }

    /// <summary>Whether the server is known to mark the end of its streams, as vLLM does.</summary>
    /// <value>True by default.</value>
    public bool SentinelExpected { get; init; } = true;

    /// <summary>Whether the reply came whole instead of as a stream.</summary>
    public bool IsWholeReply { get => _facts.IsWholeReply; init => _facts.IsWholeReply = value; }

    /// <summary>The id under which the request was sent (<c>X-Request-Id</c>).</summary>
    public string? RequestId { get => _requestId; init => _requestId = value; }

    /// <summary>Tries that failed before this one; empty if the first one was answered.</summary>
    public IReadOnlyList<FailedAttempt> FailedAttempts { get => _failedAttempts; init => _failedAttempts = ValueList<FailedAttempt>.Of(value); }

    /// <summary>When the headers came, counted from the beginning of the call, with whatever was tried before.</summary>
    public TimeSpan? HeadersAt { get => _facts.HeadersAt; init => _facts.HeadersAt = value; }

    /// <summary>When the first chunk came, counted from the beginning of the call; null if none came.</summary>
    public TimeSpan? FirstChunkAt { get => _facts.FirstChunkAt; init => _facts.FirstChunkAt = value; }

    /// <summary>When the last chunk came, counted from the beginning of the call; null if none came.</summary>
    public TimeSpan? LastChunkAt { get => _facts.LastChunkAt; init => _facts.LastChunkAt = value; }

    /// <summary>Time since the call began: waiting for a place and failed attempts included.</summary>
    public TimeSpan Elapsed { get => _facts.Elapsed; init => _facts.Elapsed = value; }

    /// <summary>
    /// How long the adapter has waited for the server since the last progress, or since the headers if there was none. Progress is text,
    /// reasoning, a piece of a call, token ids or a rising token count; the consumer's own time never counts.
    /// </summary>
    public TimeSpan SilentFor { get => _facts.SilentFor; init => _facts.SilentFor = value; }

    /// <summary>
    /// How long the adapter has waited for the server since every choice had declared its finish reason and something had been delivered;
    /// null before that.
    /// </summary>
    public TimeSpan? SinceFinish { get => _facts.SinceFinish; init => _facts.SinceFinish = value; }

    /// <summary>Bytes of the body, as read.</summary>
    public long Bytes { get => _facts.Bytes; init => _facts.Bytes = value; }

    /// <summary>Events received, chunks and others.</summary>
    public int Events { get => _facts.Events; init => _facts.Events = value; }

    /// <summary>Chunks received: events that carried choices or usage.</summary>
    public int Chunks { get => _facts.Chunks; init => _facts.Chunks = value; }

    /// <summary>Keep-alive comments received: the socket lives, but that says nothing of the model.</summary>
    public int KeepAlives { get => _facts.KeepAlives; init => _facts.KeepAlives = value; }

    /// <summary>The last event that was no JSON, such as <c>[DONE]</c>.</summary>
    public string? SentinelText { get => _facts.SentinelText; init => _facts.SentinelText = value; }

    /// <summary>Whether the sentinel came. vLLM sends it after errors and aborts too.</summary>
    public bool SentinelSeen { get => _facts.SentinelSeen; init => _facts.SentinelSeen = value; }

    /// <summary>Events that came after the sentinel and were ignored.</summary>
    public int EventsAfterSentinel { get => _facts.EventsAfterSentinel; init => _facts.EventsAfterSentinel = value; }

    /// <summary>How the body ended, or null if it was not read to its end.</summary>
    public BodyEnd? BodyEnd { get => _facts.BodyEnd; init => _facts.BodyEnd = value; }

    /// <summary>Whether the last event lacked its closing blank line but could be read all the same.</summary>
    public bool LastEventUnterminated { get => _facts.LastEventUnterminated; init => _facts.LastEventUnterminated = value; }

    /// <summary>What broke the connection.</summary>
    public string? TransportError { get => _facts.TransportError; init => _facts.TransportError = value; }

    /// <summary>Why the body cannot be trusted.</summary>
    public string? Malformation { get => _facts.Malformation; init => _facts.Malformation = value; }

    /// <summary>The beginning of what was received but could not be read, at most 2,000 characters.</summary>
    public string? UnreadText { get => _facts.UnreadText; init => _facts.UnreadText = value; }

    /// <summary>The error that the server reported.</summary>
    public ServerError? Error { get => _facts.Error; init => _facts.Error = value; }

    /// <summary>The last credible usage, or null if none came. A usage that counts nothing at all does not count as usage.</summary>
    public TokenUsage? Usage { get => _facts.Usage; init => _facts.Usage = value; }

    /// <summary>Whether <see cref="Usage"/> is the trailing one, for the whole request.</summary>
    public bool UsageIsFinal { get => _facts.UsageIsFinal; init => _facts.UsageIsFinal = value; }

    /// <summary>The server's id of the reply.</summary>
    public string? ResponseId { get => _facts.ResponseId; init => _facts.ResponseId = value; }

    /// <summary>Whether the reply's id changed on the way: a gateway may have switched servers in mid-stream.</summary>
    public bool HasChangedResponseId { get => _facts.HasChangedResponseId; init => _facts.HasChangedResponseId = value; }

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get => _facts.Model; init => _facts.Model = value; }

    /// <summary>The server's version and layout (vLLM 0.20 and later).</summary>
    public string? SystemFingerprint { get => _facts.SystemFingerprint; init => _facts.SystemFingerprint = value; }

    /// <summary>Whether some text held bytes that are not UTF-8, or the replacement character.</summary>
    public bool TextIsLossy { get => _facts.TextIsLossy; init => _facts.TextIsLossy = value; }

    /// <summary>Fields of an unexpected type that were passed over.</summary>
    public int Oddities { get => _facts.Oddities; init => _facts.Oddities = value; }

    /// <summary>
    /// How many choice indexes the server used, where one choice was asked for and all pieces were taken for that one; 0 if it numbered
    /// the choices as it should.
    /// </summary>
    public int ChoiceIndexesSeen { get => _facts.ChoiceIndexesSeen; init => _facts.ChoiceIndexesSeen = value; }

    /// <summary>Whether each piece of text repeated all text before it, so that the text appears several times over.</summary>
    public bool LooksCumulative { get => _facts.LooksCumulative; init => _facts.LooksCumulative = value; }

    /// <summary>Whether reasoning came although the request hid it (<c>include_reasoning: false</c>); it was left out.</summary>
    public bool HasUnwantedReasoning { get => _facts.HasUnwantedReasoning; init => _facts.HasUnwantedReasoning = value; }

    /// <summary>What was observed of each choice, in the order in which they appeared.</summary>
    public IReadOnlyList<ChoiceEvidence> Choices
    {
        get => _choices;
        init => _choices = new ChoiceEvidenceList(value);
    }

    /// <summary>Whether every choice that was asked for has declared a finish reason, and no further piece can follow it.</summary>
    [JsonIgnore]
    public bool EveryChoiceDeclared
    {
        get
        {
            if (Request.EndsByPiece && !EndIsMarked)
                return false;

            foreach (ChoiceEvidence choice in _choices)
            {
                if (!choice.HasDeclared || choice.ReasonWasPremature)
                    return false;
            }

            return _choices.Count >= Math.Max(1, Request.ChoiceCount);
        }
    }

    /// <summary>Whether the reply has one choice only, so that the usage is that choice's.</summary>
    internal bool IsSingle => Request.ChoiceCount <= 1 && _choices.Count <= 1;

    /// <summary>The least number of completion tokens that the whole request has cost, as far as any count shows.</summary>
    internal long CountedTokens
    {
        get
        {
            long sum = 0;
            foreach (ChoiceEvidence choice in _choices)
                sum += choice.CompletionTokens ?? 0;

            return Math.Max(sum, _facts.Usage?.CompletionTokens ?? 0);
        }
    }

    /// <summary>
    /// Whether <see cref="CountedTokens"/> are all that the request has cost. Counts of several streamed choices are believed if the server
    /// names its version: vLLM 0.8.5, which counts one token too few for each, does not do so yet.
    /// </summary>
    internal bool UsageIsExact => _facts.UsageIsFinal && !MayUndercount;

    /// <summary>Whether a count may be one token too low for each choice.</summary>
    internal bool MayUndercount => !IsSingle && !_facts.IsWholeReply && _facts.SystemFingerprint is null;

    /// <summary>Whether the server is known to have written all that it meant to write.</summary>
    internal bool EndIsMarked => _facts.SentinelSeen || (IsWholeReply && _facts.BodyEnd == VllmAdapter.Diagnostics.BodyEnd.InOrder);

    /// <summary>Whether anything that the model wrote was delivered.</summary>
    internal bool HasOutput => _facts.HasOutput.Value;

    /// <summary>Whether any of it is text of whatever kind, and not only pieces of calls.</summary>
    internal bool HasText => !_choices.All(static choice => choice is { TextLength: 0, ReasoningLength: 0, RefusalLength: 0 });

    internal Exception? Fault { get => _fault.Value; private set => _fault = new(value); }

    /// <summary>What must show in no text of the server's; let go of at the end, for outcomes may be kept.</summary>
    internal Secrets Secrets { private get => _secrets.Value; set => _secrets = new(value); }

    /// <summary>What was observed of a choice, which is added if it is new.</summary>
    internal ChoiceEvidence ChoiceAt(int index) => _choices.At(index);

    internal void At(TimeSpan elapsed, TimeSpan silentFor, TimeSpan? sinceFinish) =>
        (_facts.Elapsed, _facts.SilentFor, _facts.SinceFinish) = (elapsed, silentFor, sinceFinish);

    internal void HeadersCame(TimeSpan at) => _facts.HeadersAt = at;

    internal void IsOneWhole() => _facts.IsWholeReply = true;

    internal void ObserveEvent(long bytes, int keepAlives)
    {
        _facts.Events++;
        ObserveBytes(bytes, keepAlives);
    }

    internal void ObserveBytes(long bytes, int keepAlives) => (_facts.Bytes, _facts.KeepAlives) = (bytes, keepAlives);

    internal void ObserveSentinel(string sentinel, bool isSentinel)
    {
        _facts.SentinelText = Secrets.Hide(sentinel);
        _facts.SentinelSeen |= isSentinel;
    }

    internal void ObserveEventAfterSentinel() => _facts.EventsAfterSentinel++;

    /// <summary>Takes over the chunks of one event.</summary>
    /// <returns>Whether they are progress: the first chunk, something that the model wrote, a finish reason, or a rising count.</returns>
    internal bool Fold(ChunkReader reader)
    {
        if (reader.Chunks.Count == 0)
            return false;

        bool isProgress = _facts.Chunks++ == 0;
        _facts.FirstChunkAt ??= _facts.Elapsed;
        _facts.LastChunkAt = _facts.Elapsed;
        foreach (ChatChunk chunk in reader.Chunks)
        {
            // What more was written is not in a usage that came before.
            if (chunk.HasOutput)
                (_facts.HasOutput, _facts.UsageIsFinal) = (new(true), false);

            isProgress |= chunk.HasOutput || chunk.FinishWord is not null || chunk.TokenIds is { Count: > 0 };
            if (chunk.HasChoice)
                ChoiceAt(chunk.ChoiceIndex).Observe(chunk, Secrets);
        }

        foreach ((int choice, ServerError error) in reader.ChoiceErrors)
            ChoiceAt(choice).Fail(error.Without(Secrets));

        return (reader.Usage is { } usage && Count(usage, reader.Chunks)) || isProgress;
    }

    // True if more tokens are counted than before.
    private bool Count(TokenUsage usage, List<ChatChunk> chunks)
    {
        // Zero is what some servers send when they have not counted: missing is not zero.
        if (usage.TotalTokens == 0 || (usage.CompletionTokens == 0 && HasOutput))
            return false;

        // LiteLLM hangs the trailing usage on an empty delta of choice 0, after its finish reason.
        ChatChunk first = chunks[0];
        bool saysMore = first.HasOutput || first.FinishWord is not null;
        long before = CountedTokens;
        _facts.Usage = usage;
        _facts.UsageIsFinal = _facts.IsWholeReply || !first.HasChoice || (!saysMore && ChoiceAt(first.ChoiceIndex).HasDeclared);

        // With several choices a usage that comes alone is a sum over them; one next to a choice's output is that choice's.
        if (IsSingle && _choices.Count == 1)
            _choices[0].Count(usage.CompletionTokens);
        else if (chunks.Count == 1 && saysMore && !_facts.IsWholeReply)
            ChoiceAt(first.ChoiceIndex).Count(usage.CompletionTokens);

        return CountedTokens > before;
    }

    /// <summary>Takes over what the whole stream had in common. What must not show is known no longer.</summary>
    internal void Close(ChunkReader reader)
    {
        (_facts.ResponseId, _facts.Model, _facts.SystemFingerprint) = (Secrets.Hide(reader.Id), Secrets.Hide(reader.Model), Secrets.Hide(reader.Fingerprint));
        (_facts.HasChangedResponseId, _facts.TextIsLossy, _facts.Oddities) = (reader.IdHasChanged, reader.TextIsLossy, reader.Oddities);
        (_facts.ChoiceIndexesSeen, _facts.LooksCumulative) = (reader.ChoiceIndexesSeen, reader.LooksCumulative);
    }

    /// <summary>Takes over the model's context window, which was asked for beside the request.</summary>
    internal void Learn(int? contextWindow) => _asked = _asked with { ContextWindow = Request.ContextWindow ?? contextWindow };

    /// <summary>Takes over that reasoning came which the request hid, and that it was left out.</summary>
    internal void LeaveOutReasoning() => _facts.HasUnwantedReasoning = true;

    /// <summary>Takes over that the request went out once more, for its connection was closed before any byte of an answer.</summary>
    internal void Resent(FailedAttempt before, string requestId) => (_failedAttempts, _requestId) = (_failedAttempts.And(before), requestId);

    internal void Fail(ServerError error) => _facts.Error ??= error.Without(Secrets);

    internal void Malform(string why) => _facts.Malformation ??= Secrets.Hide(why);

    internal void End(BodyEnd end) => _facts.BodyEnd ??= end;

    internal void EndWithoutBlankLine() => _facts.LastEventUnterminated = true;

    internal void Cut(Exception fault)
    {
        Fault ??= fault;
        Exception innermost = fault.GetBaseException();
        _facts.TransportError ??= Secrets.Hide(fault.Message.Contains(innermost.Message, StringComparison.Ordinal)
            ? fault.Message
            : $"{fault.Message} {innermost.Message}");
        _facts.BodyEnd ??= VllmAdapter.Diagnostics.BodyEnd.Cut;
    }

    internal void KeepUnread(string? text) => _facts.UnreadText ??= ServerText.Cut(Secrets.Hide(text) ?? "", LongestUnread) is { Length: > 0 } unread ? unread : null;

    // What is not a list of its own is copied as one value.
    private record struct Facts
    {
        public bool IsWholeReply;
        public TimeSpan? HeadersAt;
        public int Chunks;
        public int Events;
        public long Bytes;
        public int KeepAlives;
        public TimeSpan Elapsed;
        public TimeSpan SilentFor;
        public TimeSpan? SinceFinish;
        public TimeSpan? FirstChunkAt;
        public TimeSpan? LastChunkAt;
        public string? SentinelText;
        public bool SentinelSeen;
        public int EventsAfterSentinel;
        public BodyEnd? BodyEnd;
        public bool LastEventUnterminated;
        public string? TransportError;
        public string? Malformation;
        public string? UnreadText;
        public ServerError? Error;
        public TokenUsage? Usage;
        public bool UsageIsFinal;
        public Aside<bool> HasOutput;
        public string? ResponseId;
        public string? Model;
        public string? SystemFingerprint;
        public bool HasChangedResponseId;
        public bool TextIsLossy;
        public int Oddities;
        public int ChoiceIndexesSeen;
        public bool LooksCumulative;
        public bool HasUnwantedReasoning;
    }
}
