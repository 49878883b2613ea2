namespace VllmAdapter;

/// <summary>Hands out chunks that come from elsewhere, and gathers them.</summary>
internal sealed class GivenReply(IAsyncEnumerable<ChatChunk> source, CancellationToken enumeratorsToken) : RunningReply
{
    private readonly Gathering _gathering = new();
    private readonly IAsyncEnumerator<ChatChunk> _chunks = source.GetAsyncEnumerator(enumeratorsToken);
    private TokenUsage? _usage;
    private int _count;

    public override async ValueTask<bool> MoveNextAsync()
    {
        if (!TryEnter())
            throw IsUnderWay(nameof(MoveNextAsync));

        try
        {
            if (!await _chunks.MoveNextAsync().ConfigureAwait(false))
            {
                return Answer is not null ? false : throw new InvalidOperationException(
                    "The chunks ended without an outcome. The last chunk must carry one (ChatChunk.Outcome), or the enumeration must throw.");
            }

            SetCurrent(TakeOver(_chunks.Current));
            return true;
        }
        catch (IncompleteStreamException incomplete) when (Answer is null)
        {
            End(incomplete.Received);
            throw;
        }
        catch (OperationCanceledException) when (Answer is null)
        {
            GiveUp(TerminationCause.CallerCanceled);
            throw;
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
            await _chunks.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (Answer is null && _count > 0)
                GiveUp(TerminationCause.ConsumerLeft);

            Leave();
        }
    }

    private ChatChunk TakeOver(ChatChunk chunk)
    {
        _count++;
        _usage = chunk.Usage ?? _usage;
        _gathering.Add(chunk.Extra);
        if (chunk.HasOutput && !_gathering.TryAdd(chunk))
            throw new InvalidOperationException("The chunks hold more text than one answer can have.");

        if (chunk.Outcome is not { } outcome)
            return chunk;

        // What was handed out is the answer: a decorator may have changed it.
        IReadOnlyList<ChatChoice> gathered = Gathered(outcome);
        outcome = outcome with { Received = gathered };
        End(new ChatAnswer { Outcome = outcome, Choices = gathered, Extra = _gathering.Extra });
        return chunk with { Outcome = outcome };
    }

    // Reasoning goes back under the name that it came with, which chunks do not carry.
    private IReadOnlyList<ChatChoice> Gathered(StreamOutcome? outcome) =>
        _gathering.Complete(outcome?.Received.Select(choice => choice.ReasoningName).FirstOrDefault(name => name is not null));

    private void GiveUp(TerminationCause cause)
    {
        IReadOnlyList<ChatChoice> gathered = Gathered(outcome: null);
        var evidence = new StreamEvidence { Chunks = _count, Usage = _usage };
        _gathering.AssembleInto(evidence, tools: []);
        End(new ChatAnswer { Outcome = OutcomeJudge.Decide(evidence, cause, gathered), Choices = gathered, Extra = _gathering.Extra });
    }
}
