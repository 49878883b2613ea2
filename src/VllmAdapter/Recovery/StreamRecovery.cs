namespace VllmAdapter;

/// <summary>What to do when a stream that had begun does not give its answer: never done unless a request asks for it.</summary>
/// <remarks>
/// What it came to is in the outcome: a note (<see cref="OutcomeNoteKind.Recovered"/> or <see cref="OutcomeNoteKind.RecoveryFailed"/>), the
/// outcome of every single request in <see cref="StreamOutcome.Parts"/>, and the sum of their tokens. Immutable.
/// </remarks>
public sealed record StreamRecovery
{
    private StreamRecovery()
    {
    }

    /// <summary>How many times an answer may be continued.</summary>
    internal int Continuations { get; private init; }

    internal bool AsksWhole { get; private init; }

    /// <summary>Lets the model write on where a broken stream ended, and stitches the parts together.</summary>
    /// <param name="attempts">How many times at most, at least 1.</param>
    /// <remarks>
    /// <para>For streams that were interrupted, fell silent, were given up by the server or failed on it, and whose answer is plain text:
    /// not with several choices, a tool call, an output format, or reasoning that is not over. Everything else ends as it does without.</para>
    /// <para>Costs the prompt once more for every continuation. With <see cref="UsageReporting.Continuous"/> what is left of max tokens is
    /// exact; without a count only what was surely spent is taken off it, and a note says so.</para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="attempts"/> is below 1.</exception>
    public static StreamRecovery Continue(int attempts = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        return new() { Continuations = attempts };
    }

    /// <summary>
    /// Asks once more without streaming when the server came to its end but calls were withheld as damaged, or output is missing: its
    /// other parser may keep what the streaming one lost (vLLM 0.8.5 with <c>hermes</c>, 0.32.0 with <c>granite</c>).
    /// </summary>
    /// <remarks>
    /// The model answers again from the start, so the second answer takes the place of the first. Its chunk is handed out before the
    /// outcome, after whatever the first one had shown. An answer cut by a limit, and a broken stream, are not asked for again.
    /// </remarks>
    public static StreamRecovery AskWhole() => new() { AsksWhole = true };
}
