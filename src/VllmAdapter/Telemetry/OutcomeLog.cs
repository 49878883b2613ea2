using Microsoft.Extensions.Logging;

namespace VllmAdapter;

/// <summary>Logs how a reply ended: the louder, the less of the answer can be used.</summary>
internal static class OutcomeLog
{
    private const int LongestWord = 60;

    /// <param name="logger">Where to.</param>
    /// <param name="answer">What came, and how it ended.</param>
    /// <param name="secrets">What is hidden in the server's words.</param>
    public static void Write(ILogger logger, ChatAnswer answer, Secrets secrets)
    {
        StreamOutcome outcome = answer.Outcome;
        LogLevel level = LevelOf(outcome.Verdict);
        if (logger.IsEnabled(level))
        {
            TurnCost cost = TurnCost.Of(outcome);
            string reason = ServerText.Quote(outcome.FinishReason?.Value, secrets, LongestWord) ?? "none";
            Log.Ended(
                logger, level, outcome.Evidence.RequestId, outcome.Verdict, outcome.Certainty, reason,
                outcome.TerminatedBy, outcome.Evidence.Chunks, outcome.Evidence.Elapsed, cost.Prompt, cost.Completion);
        }

        if (outcome.WithheldToolCalls.Count > 0 && logger.IsEnabled(LogLevel.Warning))
        {
            // The reasons alone: names and arguments are the model's words.
            string reasons = string.Join(", ", outcome.WithheldToolCalls.Select(call => call.Reason).Distinct());
            Log.CallsWithheld(logger, outcome.Evidence.RequestId, outcome.WithheldToolCalls.Count, reasons);
        }

        if (logger.IsEnabled(LogLevel.Trace))
            WriteContent(logger, answer);
    }

    // What the caller did is no news to him; what the server left open is worth a line.
    private static LogLevel LevelOf(StreamVerdict verdict) => verdict switch
    {
        StreamVerdict.Completed or StreamVerdict.Canceled or StreamVerdict.Abandoned => LogLevel.Debug,
        StreamVerdict.Unconfirmed or StreamVerdict.LengthLimited or StreamVerdict.StoppedByServer or StreamVerdict.StoppedByPolicy =>
            LogLevel.Information,
        _ => LogLevel.Warning,
    };

    private static void WriteContent(ILogger logger, ChatAnswer answer)
    {
        string? requestId = answer.Outcome.Evidence.RequestId;
        foreach (ChatChoice choice in answer.Choices)
            Log.ReplySensitive(logger, requestId, choice.Index, choice.Text, choice.Reasoning);

        foreach (WithheldToolCall call in answer.Outcome.WithheldToolCalls)
            Log.WithheldCallSensitive(logger, requestId, call.Name, call.RawArguments);
    }
}
