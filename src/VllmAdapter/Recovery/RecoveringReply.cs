namespace VllmAdapter;

/// <summary>Runs one request after the other for as long as the recovery that was asked for has something to try.</summary>
/// <remarks>
/// Each request has a pump of its own, with its own retries and its own outcome. Chunks go through as they come; only the end of a part is
/// kept back until it is clear whether another part follows.
/// </remarks>
internal sealed class RecoveringReply(
    ChatRequest request, StreamRecovery recovery, IncompleteStreamBehavior onIncompleteStream, Func<ChatRequest, int, StreamPump> start) : RunningReply
{
    private readonly List<ChatAnswer> _parts = [];
    private StreamPump? _pump;
    private ChatRequest? _latest;
    private Seam _seam = new("");
    private VllmRequestException? _refusal;
    private bool _hasEnded;

    public override async ValueTask<bool> MoveNextAsync()
    {
        if (!TryEnter())
            throw IsUnderWay(nameof(MoveNextAsync));

        try
        {
            return await GoOnAsync().ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (!TryEnter())
            throw IsUnderWay(nameof(DisposeAsync));

        try
        {
            await LetGoAsync().ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    private async ValueTask<bool> GoOnAsync()
    {
        if (_hasEnded)
        {
            return Outcome is { } outcome && outcome.Throws(onIncompleteStream)
                ? throw new IncompleteStreamException(outcome, Answer!)
                : false;
        }

        _pump ??= start(request, 1);
        while (await AdvanceAsync().ConfigureAwait(false))
        {
            if (_pump.Current.Outcome is null)
            {
                if (_parts.Count == 0)
                    Begin(_pump.Head);

                SetCurrent(_seam.Join(_pump.Current));
                return true;
            }

            await _pump.DisposeAsync().ConfigureAwait(false);
            Keep(_pump);
            if (!TryAskAgain(_parts[^1]))
                break;
        }

        Settle();
        SetCurrent(new ChatChunk { HasChoice = false, Outcome = Outcome });
        return true;
    }

    private async ValueTask LetGoAsync()
    {
        if (_pump is null)
            return;

        await _pump.DisposeAsync().ConfigureAwait(false);
        if (!_hasEnded && Keep(_pump))
            Settle();
    }

    // False: a further request was refused, and what came before it has to do.
    private async ValueTask<bool> AdvanceAsync()
    {
        try
        {
            await _pump!.MoveNextAsync().ConfigureAwait(false);
            return true;
        }
        catch (VllmRequestException refusal) when (_parts.Count > 0)
        {
            _refusal = refusal;
            return false;
        }
        catch
        {
            if (Keep(_pump!))
                Settle();

            _hasEnded = true;
            throw;
        }
    }

    private bool Keep(StreamPump pump)
    {
        if (pump.Answer is not { } part)
            return false;

        _parts.Add(part.WithoutStart(_seam.LeftOut));
        return true;
    }

    private bool TryAskAgain(ChatAnswer part)
    {
        ChatRequest latest = _latest ?? request;
        StreamOutcome outcome = part.Outcome;
        bool continues = _parts.Count <= recovery.Continuations
            && Continuation.IsWorthTrying(outcome)
            && Continuation.Obstacle(latest, outcome) is null;
        if (continues)
            _latest = Continue(latest, outcome);
        else if (recovery.AsksWhole && _parts.Count == 1 && WholeRequest.MayHelp(latest, outcome))
            _latest = WholeRequest.Of(latest);
        else
            return false;

        _pump = start(_latest, _parts.Count + 1);
        return true;
    }

    // What was handed out is what counts: it cannot be taken back.
    private ChatRequest Continue(ChatRequest latest, StreamOutcome outcome)
    {
        string text = string.Concat(_parts.Select(part => part.Text));
        string sent = text.TrimEnd();
        _seam = new Seam(text[sent.Length..]);
        ChatRequest rest = Continuation.WithRestOfMaxTokens(latest, outcome) with { Messages = request.Messages, Prompt = request.Prompt };
        return Continuation.WriteOn(rest, sent, string.Concat(_parts.Select(part => part.Reasoning)));
    }

    private void Settle()
    {
        _hasEnded = true;
        End(RecoveredReply.Of(_parts, recovery, _refusal));
    }
}
