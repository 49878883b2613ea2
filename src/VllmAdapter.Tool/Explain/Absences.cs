namespace VllmAdapter.Tool.Explain;

/// <summary>What an answer that ends well has, and this one does not.</summary>
internal static class Absences
{
    public static IEnumerable<string> Of(RecordedInput input, StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        int[] undeclared = [.. outcome.Choices.Where(choice => choice.FinishReason is null).Select(choice => choice.Index)];
        if (undeclared.Length > 0)
        {
            yield return evidence.Request.ChoiceCount > 1
                ? $"a finish reason for choice {string.Join(" and ", undeclared)}: nothing says how it ended"
                : "a finish reason: nothing says how the answer ended";
        }

        if (!evidence.UsageIsFinal)
            yield return "the final usage: a cut at max_tokens cannot be excluded by the count (ask with stream_options.include_usage)";
        if (!evidence.IsWholeReply && !evidence.SentinelSeen && evidence is { Error: null, Malformation: null })
            yield return "[DONE], which vLLM sends at the end of every stream";
        if (outcome.Choices.Any(choice => !evidence.Choices.Any(came => came.Index == choice.Index && came.HasOutput)))
            yield return "any output";
        if (outcome.ToolCalls.Any(call => call.IdIsSynthetic))
            yield return "the id of a call; one was made up";
        if (!input.HasRequest)
            yield return "the request: without it nothing is known of max_tokens, n and the tools (give it with --request FILE)";
        if (!input.HasEnd)
            yield return "the end of the connection: this kind of file does not tell whether it was closed in order, cut or reset";
    }
}
