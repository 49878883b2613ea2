using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// Step 3 of a reply: what one attempt received. It folds events, and the end of the body, into the evidence and the gathered answer, holds
/// the chunks that are to be handed out, and says when there is nothing more to read. It dies with its attempt.
/// </summary>
internal sealed class AttemptLog(ChatCall call, Attempt attempt, ReplyBody body)
{
    private static readonly List<ChatChunk> NoChunks = [];

    private readonly StreamEvidence _evidence = attempt.Evidence;
    private readonly Gathering _gathering = new();
    private readonly int _mostChoices = Math.Max(call.Evidence.ChoiceCount, LeastChoicesTaken);
    private List<ChatChunk> _chunks = NoChunks;
    private int _handedOut;
    private bool _tailWasRead;

    // More choices than were asked for are taken, but not any number of them.
    private const int LeastChoicesTaken = 128;

    /// <summary>Why not to read on; null to go on.</summary>
    public TerminationCause? Stop { get; private set; }

    /// <summary>What the events so far say of the whole reply.</summary>
    public ReplyHead Head => new(call.Secrets.Hide(body.Decoder.Reader.Id), call.Secrets.Hide(body.Decoder.Reader.Model), body.Decoder.Reader.CreatedAt);

    /// <summary>Whether an event came that makes the reply one: from then on nothing is tried again.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the last event brought the answer on.</summary>
    public bool IsProgress { get; private set; }

    /// <summary>Whether the last event held chunks.</summary>
    public bool HasChunks => _chunks.Count > 0;

    /// <summary>The next chunk to hand out; null if there is none.</summary>
    public ChatChunk? TakeChunk() => _handedOut < _chunks.Count ? _chunks[_handedOut++] : null;

    /// <summary>Takes over one event.</summary>
    /// <exception cref="VllmRequestException">The first event is an error, or the reply is none.</exception>
    public void Observe(EventKind kind)
    {
        EventDecoder decoder = body.Decoder;
        bool isTail = body.Bytes.EndedInsideEvent;
        Begin();
        if (body.IsForeign)
            throw call.Transport.NotAReply(body.Response, attempt.About, body.Whole);

        _evidence.ObserveEvent(body.Bytes.BytesRead, body.Bytes.Lines.KeepAlives);
        if (isTail && kind != EventKind.Nothing)
            _tailWasRead = kind != EventKind.Unreadable;

        switch (kind)
        {
            case EventKind.Nothing:
                return;

            case var _ when _evidence.SentinelSeen:
                _evidence.ObserveEventAfterSentinel();
                break;

            // A server that knows no streamed transcriptions (before 0.9) sends one whole.
            case EventKind.Chunk when body.IsWhole && call.Evidence.EndsByPiece && decoder.Chunks.Count == 0 && decoder.Reader.ReadBareText():
                Receive(decoder.Chunks, isTail);
                break;

            case EventKind.Chunk when body.IsWhole && decoder.Chunks.Count == 0:
                throw call.Transport.NotAReply(body.Response, attempt.About, body.Whole);

            case EventKind.Chunk:
                Receive(decoder.Chunks, isTail);
                break;

            case EventKind.Sentinel:
                _evidence.ObserveSentinel(decoder.Sentinel!, isSentinel: decoder.MarksTheEnd);
                break;

            case EventKind.Error:
                Receive(decoder.Chunks, isTail);
                Fail(decoder.Error!);
                break;

            case EventKind.Unreadable:
                Distrust(decoder, isTail);
                return;
        }

        HasBegun = true;
    }

    /// <summary>Takes over what the policy made of a sentinel: one that no policy knows is no JSON either.</summary>
    public void JudgeSentinel(TerminationCause? policys)
    {
        if (_evidence.SentinelSeen)
            return;

        if (policys == TerminationCause.Sentinel)
        {
            _evidence.ObserveSentinel(_evidence.SentinelText!, isSentinel: true);
        }
        else if (policys is null)
        {
            _evidence.KeepUnread(_evidence.SentinelText);
            if (body.Bytes.EndedInsideEvent)
                _tailWasRead = false;
            else
                Malform("an event holds neither JSON nor a sentinel that the termination policy knows");
        }
    }

    /// <summary>Takes over that the body ended in order.</summary>
    public void EndOfBody()
    {
        Begin();
        if (body.Bytes.EndedInsideEvent && !_tailWasRead)
        {
            EndInside();
            return;
        }

        _evidence.End(BodyEnd.InOrder);
        Stop = TerminationCause.EndOfBody;
        LineScanner lines = body.Bytes.Lines;
        bool holdsNone = _evidence.Events == 0 && lines.ForeignLines > 0;
        if (!holdsNone && (!lines.EndsInForeignLines || _evidence.SentinelSeen || _evidence.EveryChoiceDeclared))
            return;

        _evidence.KeepUnread(Encoding.UTF8.GetString(lines.ForeignText));
        Malform(holdsNone ? "the body is called an event stream but holds no events" : "the body ends in text that is no event, in place of an end");
    }

    /// <summary>Takes over that the body broke off, or cannot be read on.</summary>
    /// <exception cref="VllmRequestException">An error stands in the place of the first event.</exception>
    public void Break(Exception fault)
    {
        Begin();
        Stop = TerminationCause.Fault;
        if (body.Refusal is { } refusal)
            Refuse(refusal);
        else if (fault is InvalidDataException)
            _evidence.Malform($"the body cannot be decompressed: {fault.Message}");
        else
            _evidence.Cut(fault);
    }

    /// <summary>Hands out what the reader still held back: half a character that nothing follows.</summary>
    public void HandOutRest()
    {
        if (HasChunks)
            return;

        body.Decoder.Reader.End();
        Receive(body.Decoder.Reader.Chunks, isTail: true);
    }

    /// <summary>Takes over what the whole reply had in common; nothing is read any more.</summary>
    public void Close()
    {
        _evidence.ObserveBytes(body.Bytes.BytesRead, body.Bytes.Lines.KeepAlives);
        if (body.IsWhole && _evidence.Chunks == 0)
            _evidence.KeepUnread(body.WholeExcerpt);

        _gathering.AssembleInto(_evidence, call.Evidence.Tools);
        _evidence.Close(body.Decoder.Reader);
        if (body.Decoder.TokensAllowed is { } allowed)
            _evidence.Allow(allowed);

        if (_tailWasRead)
            _evidence.EndWithoutBlankLine();
    }

    /// <summary>The fields of the reply without a property; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra => _gathering.Extra;

    /// <summary>What was gathered of each choice.</summary>
    public IReadOnlyList<ChatChoice> Complete() => _gathering.Complete(body.Decoder.Reader.ReasoningName);

    private void Begin() => (_chunks, _handedOut, IsProgress) = (NoChunks, 0, false);

    private void Receive(List<ChatChunk> chunks, bool isTail)
    {
        if (chunks.Count == 0)
            return;

        _chunks = chunks;
        IsProgress = _evidence.Fold(body.Decoder.Reader) && !isTail;
        if (_evidence.Choices.Count > _mostChoices)
            Malform($"{_evidence.Choices.Count:N0} choices came where {call.Evidence.ChoiceCount:N0} were asked for");

        for (int i = 0; i < _chunks.Count; i++)
        {
            if (_chunks[i].Extra is { } extra)
                _gathering.Add(extra);

            if (!_chunks[i].HasChoice)
                continue;

            // Streams of vLLM before 0.26 bring the reasoning although the request hides it.
            if (call.Evidence.HidesReasoning && _chunks[i].Reasoning.Length > 0)
            {
                _chunks[i] = _chunks[i] with { Reasoning = "" };
                _evidence.LeaveOutReasoning();
            }

            if (!_gathering.TryAdd(_chunks[i]))
                Malform("the answer is longer than a text can be");
        }
    }

    private void Fail(ServerError error)
    {
        if (!HasBegun && !_evidence.HasText)
        {
            throw VllmRequestException.For(attempt.About with
            {
                Status = body.Response.StatusCode,
                ContentType = body.Response.Content.Headers.ContentType?.MediaType,
                Error = error,
                InsideStream = true,
            });
        }

        // What the server repeats of the request stays in the error, and out of every sentence about it.
        _evidence.Fail(error with { Words = RequestEcho.Remove(error.Message, call.Body) });
        Stop = TerminationCause.Fault;
    }

    private void Distrust(EventDecoder decoder, bool isTail)
    {
        _evidence.KeepUnread(decoder.Unreadable);

        // The end of the body, which comes next, says that it came inside an event.
        if (isTail)
            return;

        if (body.IsBareJson && !(call.AsksForWholeReply && decoder.IsCut))
            Malform(ObservedStream.SaysBareJson);
        else if (body.IsWhole && decoder.IsCut)
            EndInside();
        else if (body.IsWhole && !call.AsksForWholeReply)
            throw call.Transport.NotAReply(body.Response, attempt.About, body.Whole);
        else
            Malform(decoder.WhyUnreadable!);
    }

    private void EndInside()
    {
        _evidence.End(BodyEnd.InsideEvent);
        Stop = TerminationCause.EndOfBody;
    }

    // A gateway may write its error without a frame; anything else in the place of events is no stream.
    private void Refuse(string refusal)
    {
        ReadOnlySpan<byte> text = body.Bytes.RefusedText;
        if (body.Bytes.Foreign == ForeignBody.ErrorField)
        {
            Fail(ServerError.FromBody(contentType: null, text, call.Secrets));
            return;
        }

        if (ServerError.TryRead(text, out ServerError? error, call.Secrets))
        {
            Fail(error);
            return;
        }

        _evidence.KeepUnread(Encoding.UTF8.GetString(text));
        _evidence.Malform(refusal);
    }

    private void Malform(string why)
    {
        _evidence.Malform(why);
        Stop = TerminationCause.Fault;
    }
}
