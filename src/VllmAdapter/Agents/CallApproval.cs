namespace VllmAdapter.Agents;

/// <summary>Asks <see cref="ToolLoopOptions.BeforeCall"/> about the calls of a turn, one after the other, before any of them is run.</summary>
internal static class CallApproval
{
    /// <returns>The calls, those refused without what would run them; and the call at which the run is to stop, if there is one.</returns>
    public static async ValueTask<(IReadOnlyList<PreparedCall> Calls, ToolCall? StoppedAt)> OfAsync(
        IReadOnlyList<PreparedCall> calls, ToolLoopOptions options, CancellationToken cancellationToken)
    {
        if (options.BeforeCall is not { } decide)
            return (calls, null);

        List<PreparedCall> decided = [];
        foreach (PreparedCall prepared in calls)
        {
            if (prepared.Invocation is null)
            {
                decided.Add(prepared);
                continue;
            }

            // Whoever is asked may be deaf to the token: a person, as a rule.
            CallDecision decision = await decide(prepared.Call, cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            if (decision.Kind == CallDecisionKind.Stop)
                return (calls, prepared.Call);

            decided.Add(decision.Kind == CallDecisionKind.Run ? prepared : prepared.RefusedBy(decision));
        }

        return (decided, null);
    }
}
