namespace VllmAdapter.Agents;

/// <summary>How a run of a <see cref="ToolLoop"/> ended, and all that came of it.</summary>
public sealed record ToolLoopResult
{
    /// <summary>How it ended.</summary>
    public required ToolLoopVerdict Verdict { get; init; }

    /// <summary>Whether the model answered, so that <see cref="Text"/> is its answer.</summary>
    public bool IsAnswered => Verdict == ToolLoopVerdict.Answered;

    /// <summary>The model's answer; what came of it, if the last turn cannot be used; its words, if it declined to answer; "" if there is none.</summary>
    public string Text { get; init; } = "";

    /// <summary>How every turn ended, those asked again included.</summary>
    public IReadOnlyList<StreamOutcome> Turns { get; init; } = [];

    /// <summary>Every call that was dealt with, in the model's order.</summary>
    public IReadOnlyList<CallFinished> Calls { get; init; } = [];

    /// <summary>The call at which <see cref="ToolLoopOptions.BeforeCall"/> stopped the run; null if it did not.</summary>
    public ToolCall? StoppedAt { get; init; }

    /// <summary>
    /// The request with the whole conversation, which can always be replayed: after an answer add a message (<see cref="ChatRequest.With(VllmMessage[])"/>)
    /// and run it; after any other end run it as it is to go on where the run stopped. A turn that cannot be used is not in it.
    /// </summary>
    public required ChatRequest Request { get; init; }

    /// <summary>
    /// Messages of <see cref="Request"/> that were not sent any more, because the history was too long for the window
    /// (<see cref="ToolLoopOptions.PlanPrompt"/>), in order.
    /// </summary>
    /// <value>Empty: everything was sent.</value>
    public IReadOnlyList<VllmMessage> LeftOut { get; init; } = [];

    /// <summary>The budget's last word, with the cause if it is exhausted; null without a budget.</summary>
    public BudgetReport? Budget { get; init; }

    /// <summary>What a handler threw (<see cref="ToolLoopVerdict.HandlerFailed"/>), or why a later request of the run never became a stream; null otherwise.</summary>
    public Exception? Failure { get; init; }

    /// <summary>How the run ended, in one or two plain sentences, with the calls that failed or were not run.</summary>
    public string Explain() => RunExplanation.Of(this);

    /// <inheritdoc/>
    public override string ToString() => Explain();
}
