namespace VllmAdapter.Agents;

/// <summary>How a <see cref="ToolLoop"/> runs.</summary>
public sealed record ToolLoopOptions
{
    // What timers can do.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);

    /// <summary>How many turns the model may have in one run, those asked again included.</summary>
    /// <value>25 by default; at least 1.</value>
    public int MaxTurns { get; init; } = 25;

    /// <summary>How many handlers may run at once.</summary>
    /// <value>4 by default; at least 1, which runs them one after the other.</value>
    public int MaxParallelHandlers { get; init; } = 4;

    /// <summary>How often in a row a turn is asked again because its stream broke, or because the server lost a part of it.</summary>
    /// <value>
    /// 2 by default; 0 ends the run with <see cref="ToolLoopVerdict.Incomplete"/> instead. No tool of such a turn was run. One that lost a part is asked
    /// without streaming, where vLLM's parsers keep what their streaming twins lose (0.8.5 with hermes, 0.11.0 with kimi_k2, 0.32.0 with granite).
    /// </value>
    public int MaxRepeats { get; init; } = 2;

    /// <summary>How often in a row the model is told that its calls cannot be used, before the run ends with <see cref="ToolLoopVerdict.Incomplete"/>.</summary>
    /// <value>3 by default; 0 or more.</value>
    public int MaxCorrections { get; init; } = 3;

    /// <summary>Whether the model's thoughts stay in the history.</summary>
    /// <value>
    /// True by default: they are sent back under the name that they came with, and the chat template decides. Most show the model only those since the
    /// last user message, which models that reason between their tool calls want. False: for servers in between that refuse the field, or to keep
    /// requests small.
    /// </value>
    public bool KeepReasoning { get; init; } = true;

    /// <summary>What the model is told when a handler threw. Null instead of words ends the run with <see cref="ToolLoopVerdict.HandlerFailed"/>.</summary>
    /// <value>By default the model is told that the tool failed, without the exception's message: that may hold secrets.</value>
    public Func<ToolCall, Exception, string?> DescribeFailure { get; init; } =
        static (call, failure) => failure is TimeoutException
            ? $"The tool '{call.Name}' did not finish in time and gave no result."
            : $"The tool '{call.Name}' failed and gave no result.";

    /// <summary>How long a handler may take, from its start; waiting for a place among <see cref="MaxParallelHandlers"/> does not count.</summary>
    /// <value>
    /// Null (default), or <see cref="Timeout.InfiniteTimeSpan"/>: as long as it likes. Otherwise more than zero and at most 49 days: its token is
    /// canceled then, and the call fails with a <see cref="TimeoutException"/>, which <see cref="DescribeFailure"/> describes. A handler
    /// that ignores its token is abandoned: it keeps running beside the run, and its result is dropped.
    /// </value>
    public TimeSpan? HandlerTimeout { get; init; }

    /// <summary>Decides about a call before its handler runs: run it, refuse it with words to the model, or stop the run. For approvals and limits.</summary>
    /// <value>
    /// Null (default): every call that is ready is run. Called once for each such call, one after the other in the model's order, before any call of the
    /// turn runs; the call's arguments are whole and fit the handler's types. What it throws ends the run, and comes out of the enumeration.
    /// </value>
    /// <example>
    /// <code>
    /// BeforeCall = async (call, cancellationToken) => call.Name != "pay" || await AskAsync($"Pay {call.Arguments}?", cancellationToken)
    ///     ? CallDecision.Run
    ///     : CallDecision.Refuse("The user did not allow it."),
    /// </code>
    /// </example>
    public Func<ToolCall, CancellationToken, ValueTask<CallDecision>>? BeforeCall { get; init; }

    /// <summary>Where handlers' parameters come from that are services; see <see cref="Tool.From(string, string?, Delegate, System.Text.Json.JsonSerializerOptions?)"/>.</summary>
    /// <value>
    /// Null (default): no tool takes services. Each call gets a scope of its own, disposed when its handler has ended, if the provider can make scopes.
    /// </value>
    public IServiceProvider? Services { get; init; }

    /// <summary>
    /// Counts the prompt tokens that a request would have; it leaves open what it does not know. With it, a run that has a budget stops before a
    /// turn whose prompt does not fit, and settles turns for which the server sent no usage. See <see cref="CountingWith"/>.
    /// </summary>
    /// <value>Null (default): the next prompt is held to be no shorter than the last one with its answer.</value>
    public Func<ChatRequest, CancellationToken, Task<TokenCount>>? CountPrompt { get; init; }

    /// <summary>The same options, with prompts counted by the server (<see cref="VllmServer.PlanAsync"/>): one small request more for each turn.</summary>
    /// <param name="server">The server that the run asks.</param>
    public ToolLoopOptions CountingWith(VllmServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return this with
        {
            CountPrompt = async (request, cancellationToken) =>
                await server.PlanAsync(request, cancellationToken).ConfigureAwait(false) switch
                {
                    { PromptTokens: null } => default,
                    { PromptIsLowerBound: true } plan => TokenCount.AtLeast(plan.PromptTokens.Value),
                    { } plan => TokenCount.Exactly(plan.PromptTokens!.Value),
                },
        };
    }

    /// <summary>
    /// Plans a turn before it is asked. Where its prompt leaves no room for the answer, the oldest messages are not sent any more: whole exchanges first,
    /// then turns of the model with the results of their calls. See <see cref="FittingHistoryWith"/>.
    /// </summary>
    /// <value>
    /// Null (default): the whole history is sent. Room is left for the max tokens that the request asks for, or a quarter of the window if it asks for
    /// none, and never more than half of it. Where a plan knows <see cref="RequestPlan.ContextWindow"/> alone, the prompt is reckoned by the usage of the
    /// turn before. System and developer messages, the question, the last message of a user and the last turn always stay, so that a prompt may still
    /// be too long: then the server's refusal ends the run. What is left out is told by <see cref="HistoryTrimmed"/>.
    /// </value>
    /// <example>
    /// Without a server that counts: <code>PlanPrompt = (_, _) => Task.FromResult(new RequestPlan { ContextWindow = 8192 })</code>
    /// </example>
    public Func<ChatRequest, CancellationToken, Task<RequestPlan>>? PlanPrompt { get; init; }

    /// <summary>
    /// The same options, with the history kept within the window that the server plans with (<see cref="VllmServer.PlanAsync"/>): one to four small
    /// requests more for each turn.
    /// </summary>
    /// <param name="server">The server that the run asks.</param>
    public ToolLoopOptions FittingHistoryWith(VllmServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return this with { PlanPrompt = server.PlanAsync };
    }

    /// <param name="parameter">The parameter that the options were given as.</param>
    internal void ThrowIfInvalid(string parameter)
    {
        ThrowIfBelow(1, MaxTurns, nameof(MaxTurns), parameter);
        ThrowIfBelow(1, MaxParallelHandlers, nameof(MaxParallelHandlers), parameter);
        ThrowIfBelow(0, MaxRepeats, nameof(MaxRepeats), parameter);
        ThrowIfBelow(0, MaxCorrections, nameof(MaxCorrections), parameter);
        if (HandlerTimeout is { } limit && limit != Timeout.InfiniteTimeSpan && (limit <= TimeSpan.Zero || limit > LongestTimeout))
        {
            throw new ArgumentOutOfRangeException(
                parameter, limit, $"{nameof(ToolLoopOptions)}.{nameof(HandlerTimeout)} must be more than zero and at most 49 days, or null for none.");
        }
    }

    private static void ThrowIfBelow(int least, int value, string name, string parameter)
    {
        if (value < least)
            throw new ArgumentOutOfRangeException(parameter, value, $"{nameof(ToolLoopOptions)}.{name} must be at least {least}.");
    }
}
