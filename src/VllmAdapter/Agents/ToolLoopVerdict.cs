namespace VllmAdapter.Agents;

/// <summary>How a run of a <see cref="ToolLoop"/> ended.</summary>
public enum ToolLoopVerdict
{
    /// <summary>The model answered without calling another tool: use <see cref="ToolLoopResult.Text"/>.</summary>
    Answered = 1,

    /// <summary>
    /// The budget does not allow another turn, or cut the last one: <see cref="ToolLoopResult.Budget"/> says which limit, and whether it is reached or the
    /// next prompt does not fit. Raise it and run <see cref="ToolLoopResult.Request"/>.
    /// </summary>
    BudgetExhausted,

    /// <summary>The model still calls tools after <see cref="ToolLoopOptions.MaxTurns"/> turns: it goes in circles, or the limit is too low.</summary>
    TurnLimit,

    /// <summary>
    /// The last turn cannot be used: it was cut or broke, its calls stayed damaged, the server refused the request, or it ended well and yet gives no
    /// answer (reasoning only, a call that appears as text, a refusal).
    /// <see cref="ToolLoopResult.Explain"/> says what happened; run <see cref="ToolLoopResult.Request"/> to ask that turn again.
    /// </summary>
    Incomplete,

    /// <summary>A handler failed, and <see cref="ToolLoopOptions.DescribeFailure"/> had no words for the model: read <see cref="ToolLoopResult.Failure"/>.</summary>
    HandlerFailed,

    /// <summary>
    /// <see cref="ToolLoopOptions.BeforeCall"/> stopped the run at <see cref="ToolLoopResult.StoppedAt"/>, before any call of that turn was run.
    /// Run <see cref="ToolLoopResult.Request"/> to ask that turn again.
    /// </summary>
    StoppedByCaller,
}
