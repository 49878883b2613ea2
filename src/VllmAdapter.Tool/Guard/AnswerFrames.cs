using System.Buffers;
using System.IO.Pipelines;

namespace VllmAdapter.Tool.Guard;

/// <summary>
/// The frames of an answer on their way to the client: handed on as they came, until one comes on which everything may hang (a call, a finish reason, the
/// usage, the end marker). That one is held, and what follows it, until the outcome.
/// </summary>
internal sealed class AnswerFrames(PipeWriter client, GuardExchange exchange)
{
    private readonly List<(byte[] Bytes, FrameTraits Traits)> _held = [];
    private readonly HashSet<int> _finished = [];
    private readonly GuardedRoute _route = exchange.Request.Route;
    private FrameTraits _read;
    private int _sequence = -1;
    private byte[]? _example;
    private bool _isHolding;
    private bool _hasUnflushed;
    private Task<FlushResult>? _flushing;

    /// <summary>Whether the client has left.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Takes over what the adapter read of the frames that are not settled yet.</summary>
    public void Read(ChatChunk chunk)
    {
        if (chunk.ToolCallDeltas.Count > 0)
            _read |= FrameTraits.Call;

        if (chunk.FinishReason is not { } reason)
            return;

        // Of several choices one may end long before the others: what it said stays true.
        _finished.Add(chunk.ChoiceIndex);
        if (_finished.Count >= exchange.Request.Choices || (reason != FinishReason.Stop && reason != FinishReason.Length))
            _read |= FrameTraits.Finish;
    }

    /// <summary>Takes over frames of which all is known.</summary>
    public void Settle(ReadOnlySpan<byte> frames)
    {
        FrameTraits traits = FrameTraitsReading.Of(frames, _route);
        if (_route == GuardedRoute.Responses)
            _sequence = ResponseEdits.LastSequence(frames) ?? _sequence;

        if (exchange.Request.Choices > 1)
            traits &= ~FrameTraits.Finish;

        traits |= _read;
        _read = FrameTraits.None;
        _example ??= frames.IndexOf("\"choices\""u8) >= 0 ? frames.ToArray() : null;
        if ((traits & ~FrameTraits.Comment) == FrameTraits.None && (!_isHolding || traits == FrameTraits.Comment || LetGoOfUsage()))
            Pass(frames);
        else
            Hold(frames, traits);
    }

    /// <summary>Waits until the client has taken what was handed on, so that a slow one is no silence of the server.</summary>
    public async ValueTask CatchUpAsync()
    {
        while (_flushing is { } flushing)
        {
            IsAbandoned |= (await flushing.ConfigureAwait(false)).IsCompleted;
            _flushing = null;
            if (_hasUnflushed)
                Flush();
        }
    }

    /// <summary>Ends the answer.</summary>
    /// <param name="ending">How.</param>
    /// <param name="rest">What came and was not settled.</param>
    public void End(Ending ending, ReadOnlySpan<byte> rest)
    {
        if (!rest.IsEmpty)
            Hold(rest, _read);

        if (_route == GuardedRoute.Responses)
            _sequence = ResponseEdits.LastSequence(rest) ?? _sequence;

        if (ending.IsError)
            EndAsError(ending);
        else if (_route == GuardedRoute.Responses)
            EndAsResponse(ending);
        else
            EndAsAnswer(ending);

        Flush();
    }

    private void EndAsError(Ending ending)
    {
        foreach (var (bytes, traits) in _held)
        {
            if (FrameEdits.TextOf(bytes, traits, _route) is { } text)
                client.Write(FrameEdits.Closed(text));
        }

        client.Write(_route == GuardedRoute.Responses ? ResponseEdits.Error(ending, _sequence + 1) : FrameEdits.FrameOf(Words.Error(ending)));
        exchange.BreaksOff = true;
    }

    private void EndAsResponse(Ending ending)
    {
        int last = _held.FindLastIndex(static frame => frame.Traits.HasFlag(FrameTraits.Finish));
        for (int i = 0; i < _held.Count; i++)
        {
            byte[] bytes = _held[i].Bytes;
            if (i == last)
                bytes = ResponseEdits.Terminal(bytes, ending);

            if (i == last && exchange.Options.Explain)
                bytes = FrameEdits.WithField(bytes, Words.Field, Words.Explanation(ending.Outcome));

            client.Write(i == _held.Count - 1 ? FrameEdits.Closed(bytes) : bytes);
        }
    }

    private void EndAsAnswer(Ending ending)
    {
        bool isOfOneChoice = exchange.Request.Choices == 1 && ending.Outcome.Choices.Count <= 1;
        List<int> missing = [.. ending.Outcome.Choices.Where(choice => choice.FinishReason is null).Select(choice => choice.Index)];
        int last = _held.FindLastIndex(static frame => frame.Traits.HasFlag(FrameTraits.Finish));
        bool isWritten = missing.Count == 0;
        for (int i = 0; i < _held.Count; i++)
        {
            (byte[] bytes, FrameTraits traits) = _held[i];
            if (!isWritten && (traits & (FrameTraits.UsageOnly | FrameTraits.Done)) != FrameTraits.None)
            {
                WriteMissing(ending, missing);
                isWritten = true;
            }

            if (traits.HasFlag(FrameTraits.UsageOnly) && exchange.Request.HidesUsage)
                continue;

            if (traits.HasFlag(FrameTraits.Finish) && ending.Reasons.Count > 0)
                bytes = FrameEdits.WithReasons(bytes, ending.Reasons, isOfOneChoice);

            if (i == last && missing.Count == 0 && exchange.Options.Explain)
                bytes = FrameEdits.WithField(bytes, Words.Field, Words.Explanation(ending.Outcome));

            client.Write(i == _held.Count - 1 ? FrameEdits.Closed(bytes) : bytes);
        }

        if (!isWritten)
            WriteMissing(ending, missing);
    }

    private void WriteMissing(Ending ending, List<int> missing)
    {
        foreach (int choice in missing)
        {
            var chunk = FrameEdits.FinishChunk(_example, choice, ending.Reasons[choice], _route);
            if (exchange.Options.Explain && choice == missing[^1])
                chunk[Words.Field] = Words.Explanation(ending.Outcome);

            client.Write(FrameEdits.FrameOf(chunk));
        }
    }

    // Some servers count in the middle of an answer; that it goes on says that no end was missing before it.
    private bool LetGoOfUsage()
    {
        if (_held.Exists(static frame => frame.Traits != FrameTraits.UsageOnly))
            return false;

        foreach (var (bytes, _) in _held)
        {
            if (!exchange.Request.HidesUsage)
                client.Write(bytes);
        }

        _held.Clear();
        _isHolding = false;
        return true;
    }

    private void Pass(ReadOnlySpan<byte> frames)
    {
        client.Write(frames);
        Flush();
    }

    // One flush at a time: what is written meanwhile goes with the next one.
    private void Flush()
    {
        _hasUnflushed = _flushing is not null;
        if (_hasUnflushed)
            return;

        ValueTask<FlushResult> flush = client.FlushAsync();
        if (flush.IsCompletedSuccessfully)
            IsAbandoned |= flush.Result.IsCompleted;
        else
            _flushing = flush.AsTask();
    }

    private void Hold(ReadOnlySpan<byte> frames, FrameTraits read)
    {
        _isHolding = true;
        List<byte[]> split = FrameScanner.Split(frames);
        FrameTraits seen = FrameTraits.None;
        int first = _held.Count;
        foreach (byte[] frame in split)
        {
            FrameTraits traits = FrameTraitsReading.Of(frame, _route);
            seen |= traits;
            _held.Add((frame, traits));
        }

        // What the adapter read and the bytes do not show holds for all of them.
        FrameTraits unseen = read & (FrameTraits.Call | FrameTraits.Finish) & ~seen;
        for (int i = first; unseen != FrameTraits.None && i < _held.Count; i++)
            _held[i] = (_held[i].Bytes, _held[i].Traits | unseen);
    }
}
