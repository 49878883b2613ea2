using System.Text.Json;

namespace VllmAdapter;

/// <summary>How a stream ended, what that rests on, what it cost, and which tool calls may be run.</summary>
/// <remarks>Immutable once the stream has ended.</remarks>
public sealed record StreamOutcome
{
    /// <summary>How the stream ended; with several choices, the worst of their verdicts.</summary>
    public StreamVerdict Verdict { get; init; }

    /// <summary>What the verdict rests on.</summary>
    public Certainty Certainty { get; init; }

    /// <summary>The server's word for choice 0, or null if it declared none. Missing is not "stop", and not "out of tokens".</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>Why the adapter stopped reading.</summary>
    public TerminationCause TerminatedBy { get; init; }

    /// <summary>One outcome a choice, by index.</summary>
    public IReadOnlyList<ChoiceOutcome> Choices { get; init; } = [];

    /// <summary>The calls that are ready: whole, and of choices that were not cut. Look at <see cref="ToolCall.Problems"/> before running one.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>The calls that must not be run, each with its reason and the text received.</summary>
    public IReadOnlyList<WithheldToolCall> WithheldToolCalls { get; init; } = [];

    /// <summary>The tokens counted by the server, or null if it sent none: unknown, not zero.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Which limit cut the answer; null if none did.</summary>
    public LengthLimit? Limit { get; init; }

    /// <summary>What else is worth knowing.</summary>
    public IReadOnlyList<OutcomeNote> Notes { get; init; } = [];

    /// <summary>Everything that was observed.</summary>
    public StreamEvidence Evidence { get; init; } = new();

    /// <summary>How many times a request was sent for it, at least 1.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>
    /// The outcomes of the single requests, in order, if the answer was put together from more than one
    /// (<see cref="ChatRequest.Recovery"/>); empty otherwise.
    /// </summary>
    /// <remarks>Verdict and evidence of the whole are those of the last part; usage and attempts are sums.</remarks>
    public IReadOnlyList<StreamOutcome> Parts { get; init; } = [];

    /// <summary>What was received of each choice, for the history. The choices alone: an answer refers back to its outcome.</summary>
    internal IReadOnlyList<ChatChoice> Received { get; init; } = [];

    /// <summary>What the adapter does about incomplete streams where a request does not say: a loop asks for reports, and goes by this itself.</summary>
    internal IncompleteStreamBehavior DefaultBehavior { get; init; } = IncompleteStreamBehavior.Throw;

    /// <summary>Whether the answer can be taken as whole: <see cref="StreamVerdict.Completed"/> or <see cref="StreamVerdict.Unconfirmed"/>.</summary>
    public bool IsComplete => Verdict is StreamVerdict.Completed or StreamVerdict.Unconfirmed;

    /// <summary>What happened, in one or two plain sentences with the numbers in them.</summary>
    public string Explain() => OutcomeExplanation.Of(this);

    /// <summary>The whole outcome with its evidence as one line of JSON, for a log: names in snake_case, times in seconds.</summary>
    /// <remarks>
    /// Of the answer it holds the text of tool calls and what could not be read (<see cref="StreamEvidence.UnreadText"/>); it never
    /// holds headers or the API key.
    /// </remarks>
    public string ToJson() => JsonSerializer.Serialize(this, OutcomeJsonContext.ForLogs.StreamOutcome);

    /// <summary>Throws unless <see cref="IsComplete"/>.</summary>
    /// <returns>This outcome.</returns>
    /// <exception cref="IncompleteStreamException">The verdict is neither completed nor unconfirmed.</exception>
    public StreamOutcome EnsureComplete() =>
        IsComplete ? this : throw new IncompleteStreamException(this, new ChatAnswer { Outcome = this, Choices = Received });

    /// <inheritdoc/>
    public override string ToString() => Explain();

    /// <summary>Whether a stream that ended like this throws.</summary>
    internal bool Throws(IncompleteStreamBehavior choice) => choice switch
    {
        IncompleteStreamBehavior.Report => false,
        IncompleteStreamBehavior.ThrowUnlessConfirmed when Verdict == StreamVerdict.Unconfirmed => true,
        _ => Verdict is StreamVerdict.ServerError or StreamVerdict.Malformed or StreamVerdict.Stalled
            or StreamVerdict.Interrupted or StreamVerdict.Aborted,
    };
}
