using System.Text;

namespace VllmAdapter;

/// <summary>
/// Steps 3 and 4 of a reply: folds its events, and its end, into the evidence, gives its chunks, and says when there is nothing more to read.
/// </summary>
internal sealed class ReplyFold(
    ChatCall call, FailureFacts about, OpenReply reply, StreamEvidence evidence, SilenceWatch watch, Gathering gathering, CallTelemetry telemetry)
{
    private static readonly List<ChatChunk> NoChunks = [];

    private EventKind? _glued;
    private bool _tailWasRead;

    /// <summary>The chunks of the last event.</summary>
    public List<ChatChunk> Chunks { get; private set; } = NoChunks;

    /// <summary>Why not to read on; null to go on.</summary>
    public StopCause? Stop { get; private set; }

    /// <summary>Whether an event came that makes the reply one: from then on nothing is tried again.</summary>
    public bool HasBegun { get; private set; }

    // Two events that a proxy glued together are two events.
    public ValueTask<bool> ReadAsync()
    {
        _glued = reply.Decoder.DecodeGlued();
        return _glued is null ? reply.ReadAsync() : new ValueTask<bool>(true);
    }

    /// <summary>Takes over what <see cref="ReadAsync"/> came to.</summary>
    /// <exception cref="VllmRequestException">The first event is an error, or the reply is none.</exception>
    public void Observe(bool hasEvent)
    {
        if (hasEvent)
            Fold(_glued ?? reply.Current);
        else
            EndBody();
    }

    /// <summary>Takes over that the body broke off.</summary>
    /// <exception cref="VllmRequestException">An error stands in the place of the first event.</exception>
    public void Break(Exception fault)
    {
        Stop = StopCause.Fault;
        if (reply.Bytes.Refusal is { } refusal)
            Refuse(refusal);
        else if (fault is InvalidDataException)
            evidence.Malform($"the body cannot be decompressed: {fault.Message}");
        else
            evidence.Cut(fault);
    }

    /// <summary>Takes over what the whole reply had in common.</summary>
    public void Close()
    {
        evidence.ObserveBytes(reply.Bytes.BytesRead, reply.Bytes.KeepAlives);
        if (reply.IsWhole && evidence.Chunks == 0)
            evidence.KeepUnread(reply.WholeExcerpt);

        evidence.Close(reply.Decoder.Reader);
        if (_tailWasRead)
            evidence.EndWithoutBlankLine();
    }

    private void Fold(EventKind kind)
    {
        EventDecoder decoder = reply.Decoder;
        bool isTail = reply.Bytes.EndedInsideEvent;
        Chunks = NoChunks;
        watch.Stamp(reply.Bytes.LastReadAt, isChunk: kind == EventKind.Chunk && decoder.Chunks.Count > 0 && !isTail);
        evidence.ObserveEvent(reply.Bytes.BytesRead, reply.Bytes.KeepAlives);
        if (isTail && kind != EventKind.Nothing)
            _tailWasRead = kind != EventKind.Unreadable;

        if (evidence.SentinelSeen && kind != EventKind.Nothing)
        {
            evidence.ObserveEventAfterSentinel();
        }
        else if (kind == EventKind.Chunk)
        {
            if (reply.IsWhole && decoder.Chunks.Count == 0)
                throw call.Transport.NotAReply(reply.Response, about, reply.Whole);

            HandOut(decoder);
        }
        else if (kind == EventKind.Marker)
        {
            evidence.ObserveMarker(decoder.Marker!, isSentinel: decoder.MarksTheEnd);
        }
        else if (kind == EventKind.Error)
        {
            HandOut(decoder);
            Fail(decoder.Error!);
        }
        else if (kind == EventKind.Unreadable)
        {
            Distrust(decoder, isTail);
        }

        // What cannot be read ends the stream; the half of an event before a cut is no event.
        HasBegun |= kind is not (EventKind.Nothing or EventKind.Unreadable);
        Stop ??= watch.Ask();
        if (kind == EventKind.Marker && !evidence.SentinelSeen)
            JudgeMarker(isTail);
    }

    private void HandOut(EventDecoder decoder)
    {
        Chunks = decoder.Chunks;
        evidence.Fold(decoder.Reader);
        if (telemetry.TimesChunks && Chunks.Count > 0)
            telemetry.Chunk(evidence);

        foreach (ChatChunk chunk in Chunks)
        {
            if (chunk.HasChoice)
                gathering.Add(chunk);
        }
    }

    private void Fail(ServerError error)
    {
        if (!HasBegun && !evidence.Choices.Any(choice => choice.HasOutput))
        {
            throw VllmRequestException.For(about with
            {
                Status = reply.Response.StatusCode,
                ContentType = reply.Response.Content.Headers.ContentType?.MediaType,
                Error = error,
                InsideStream = true,
            });
        }

        evidence.Fail(error);
        Stop = StopCause.Fault;
    }

    private void Distrust(EventDecoder decoder, bool isTail)
    {
        evidence.KeepUnread(decoder.Unreadable);

        // The end of the body, which comes next, says that it came inside an event.
        if (isTail)
            return;

        if (reply.IsWhole && decoder.IsCut)
            EndInside();
        else if (reply.IsWhole && !call.AsksForWholeReply)
            throw call.Transport.NotAReply(reply.Response, about, reply.Whole);
        else
            Malform(decoder.WhyUnreadable!);
    }

    // A marker that no policy knows is no JSON either.
    private void JudgeMarker(bool isTail)
    {
        if (Stop == StopCause.Sentinel)
        {
            evidence.ObserveMarker(evidence.Marker!, isSentinel: true);
        }
        else if (Stop is null)
        {
            evidence.KeepUnread(evidence.Marker);
            if (isTail)
                _tailWasRead = false;
            else
                Malform("an event holds neither JSON nor a marker that the termination policy knows");
        }
    }

    private void EndBody()
    {
        Chunks = NoChunks;
        if (reply.Bytes.EndedInsideEvent && !_tailWasRead)
        {
            EndInside();
            return;
        }

        evidence.End(BodyEnd.InOrder);
        Stop = StopCause.EndOfBody;
        if (evidence.Events == 0 && reply.Bytes.ForeignLines > 0)
            Malform("the body is called an event stream but holds no events");
        else if (reply.Bytes.EndsInForeignLines && !evidence.SentinelSeen && !evidence.EveryChoiceDeclared)
            Malform("the body ends in text that is no event, in place of an end");
    }

    private void EndInside()
    {
        evidence.End(BodyEnd.InsideEvent);
        Stop = StopCause.EndOfBody;
    }

    // A gateway may write its error without a frame; anything else in the place of events is no stream.
    private void Refuse(string refusal)
    {
        if (ServerError.TryRead(reply.Bytes.RefusedText, out ServerError? error))
        {
            Fail(error);
            return;
        }

        evidence.KeepUnread(Encoding.UTF8.GetString(reply.Bytes.RefusedText));
        evidence.Malform(refusal);
    }

    private void Malform(string why)
    {
        evidence.Malform(why);
        Stop = StopCause.Fault;
    }
}
