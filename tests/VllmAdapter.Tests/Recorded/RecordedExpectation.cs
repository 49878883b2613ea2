using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>Holds what came of a case against what a careful client must conclude, and names every difference.</summary>
internal static class RecordedExpectation
{
    /// <param name="recording">The case.</param>
    /// <param name="answer">What was gathered, if it became a stream or a whole reply.</param>
    /// <param name="failure">What was thrown, if anything.</param>
    /// <param name="requests">How many requests the server saw; null where nobody counted.</param>
    /// <returns>One sentence for every key of <c>expect</c> that does not hold; empty if all hold.</returns>
    public static IReadOnlyList<string> Misses(Recording recording, ChatAnswer? answer, Exception? failure, int? requests = null) =>
    [
        .. recording.Kind switch
        {
            "request-refused" => RecordedRefusalExpectation.Misses(recording.Expect, failure, answer),
            "stream" or "whole" => RecordedReplyExpectation.Misses(recording, answer, failure),
            var other => [$"kind: \"{other}\" is not known"],
        },
        .. TooManyRequests(recording.Expect, requests),
    ];

    /// <summary>One line for a test's log: what was concluded, in its own words.</summary>
    public static string Told(ChatAnswer? answer, Exception? failure) =>
        answer?.Outcome.Explain() ?? (failure is VllmRequestException refused ? $"{refused.Failure}: {refused.Message}" : failure?.ToString() ?? "nothing");

    private static IEnumerable<string> TooManyRequests(JsonObject expect, int? requests)
    {
        if (expect.Int("requests") is { } most && requests > most)
            yield return $"requests: the server saw {requests}, it may see {most}";
    }
}
