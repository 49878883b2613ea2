namespace VllmAdapter.Agents;

/// <summary>How a <see cref="ToolLoop"/> runs.</summary>
public sealed record ToolLoopOptions
{
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
        static (call, _) => $"The tool '{call.Name}' failed and gave no result.";

    /// <summary>
    /// Counts the prompt tokens that a request would have; what it does not know it leaves open. With it a run that has a budget stops before a
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

    /// <param name="parameter">The parameter that the options were given as.</param>
    internal void ThrowIfInvalid(string parameter)
    {
        ThrowIfBelow(1, MaxTurns, nameof(MaxTurns), parameter);
        ThrowIfBelow(1, MaxParallelHandlers, nameof(MaxParallelHandlers), parameter);
        ThrowIfBelow(0, MaxRepeats, nameof(MaxRepeats), parameter);
        ThrowIfBelow(0, MaxCorrections, nameof(MaxCorrections), parameter);
    }

    private static void ThrowIfBelow(int least, int value, string name, string parameter)
    {
        if (value < least)
            throw new ArgumentOutOfRangeException(parameter, value, $"{nameof(ToolLoopOptions)}.{name} must be at least {least}.");
    }
}
