namespace VllmAdapter.Agents;

/// <summary>
/// Something that happened in a run of a <see cref="ToolLoop"/>: <see cref="ChunkReceived"/>, <see cref="TurnEnded"/>, <see cref="CallsReady"/>,
/// <see cref="CallFinished"/>, <see cref="CorrectionSent"/>, <see cref="HistoryTrimmed"/> or, exactly once and last, <see cref="RunEnded"/>.
/// </summary>
public abstract record ToolLoopEvent
{
    private protected ToolLoopEvent()
    {
    }
}

/// <summary>A piece of the model's answer, as it comes. Pieces of tool calls in it are for display only.</summary>
/// <param name="Chunk">The piece. It never carries an outcome: that comes as <see cref="TurnEnded"/>.</param>
public sealed record ChunkReceived(ChatChunk Chunk) : ToolLoopEvent
{
    /// <summary>A piece of text, or "".</summary>
    public string Text => Chunk.Text;

    /// <summary>A piece of reasoning, or "".</summary>
    public string Reasoning => Chunk.Reasoning;
}

/// <summary>A turn of the model is over.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="IsAskedAgain">
/// Whether it is dropped and asked again, because its stream broke or lost something, or because the answer has not the type that was asked for: what
/// came of it counts for nothing.
/// </param>
public sealed record TurnEnded(StreamOutcome Outcome, bool IsAskedAgain) : ToolLoopEvent;

/// <summary>Calls are about to be run: whole, declared, and with nothing that speaks against them.</summary>
/// <param name="Calls">The calls, in the model's order.</param>
public sealed record CallsReady(IReadOnlyList<ToolCall> Calls) : ToolLoopEvent;

/// <summary>A call was dealt with. Calls that run side by side finish in any order.</summary>
public sealed record CallFinished : ToolLoopEvent
{
    /// <summary>The call.</summary>
    public required ToolCall Call { get; init; }

    /// <summary>What the model is told: the handler's result, or why there is none.</summary>
    public required string Content { get; init; }

    /// <summary>What the handler gave back beside text, such as images; the text is among the parts then.</summary>
    /// <value>Empty: nothing but <see cref="Content"/>.</value>
    public IReadOnlyList<ContentPart> Parts { get; init; } = [];

    /// <summary>
    /// Whether a handler was run. False for a call with problems, of an unknown tool, whose arguments do not fit the handler's types, or that
    /// <see cref="ToolLoopOptions.BeforeCall"/> refused.
    /// </summary>
    public required bool WasRun { get; init; }

    /// <summary>Why no handler was run, in a few words for a person to read; null if one was. The model is told <see cref="Content"/>.</summary>
    public string? NotRunBecause { get; init; }

    /// <summary>What the handler threw, or a <see cref="TimeoutException"/> if it took longer than <see cref="ToolLoopOptions.HandlerTimeout"/>; null if neither.</summary>
    public Exception? Failure { get; init; }

    /// <summary>The call and whether it was run, not what came of it.</summary>
    public override string ToString() => $"{Call}: {(Failure is not null ? "failed" : WasRun ? "run" : "not run")}";
}

/// <summary>Calls could not be used, and the model is told so.</summary>
/// <param name="Text">The words.</param>
public sealed record CorrectionSent(string Text) : ToolLoopEvent;

/// <summary>
/// The history became too long for the context window, so its oldest parts are not sent any more. <see cref="ToolLoopResult.Request"/> still has them.
/// </summary>
/// <param name="LeftOut">The messages that were sent so far and are not from now on, in order.</param>
/// <param name="Plan">The plan of what is sent instead; null if the server could not plan it.</param>
public sealed record HistoryTrimmed(IReadOnlyList<VllmMessage> LeftOut, RequestPlan? Plan) : ToolLoopEvent
{
    /// <summary>How much was left out, not what it said: conversations do not belong in logs.</summary>
    public override string ToString() => $"{OutcomeNotes.Count(LeftOut.Count, "message")} left out. {Plan?.Explain()}".TrimEnd();
}

/// <summary>The run is over.</summary>
/// <param name="Result">How, and what came of it.</param>
public sealed record RunEnded(ToolLoopResult Result) : ToolLoopEvent;
