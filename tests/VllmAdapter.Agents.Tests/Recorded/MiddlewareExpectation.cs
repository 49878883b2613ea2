using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>What must come of a recorded reply behind middleware that acts on whatever it sees.</summary>
internal static class MiddlewareExpectation
{
    /// <summary>Each thing that is not as it must be; none where all is well.</summary>
    public static IEnumerable<string> Misses(Recording recording, PlayedRecording played) =>
        Runs(recording, played).Concat(History(played)).Concat(Sign(recording, played)).Concat(Cache(recording, played));

    /// <summary>The calls that ran, but are no ready calls of the first choice, or ran once more than they were called.</summary>
    public static IReadOnlyList<string> WronglyRun(Recording recording, PlayedRecording played) =>
        Left([.. played.Ran], recording.Kind == "request-refused" ? [] : ToolRecordings.MayBeRun(recording));

    /// <summary>The ready calls of the first choice that did not run.</summary>
    public static IReadOnlyList<string> NotRun(Recording recording, PlayedRecording played) =>
        Left([.. ToolRecordings.MayBeRun(recording)], played.Ran);

    private static IEnumerable<string> Runs(Recording recording, PlayedRecording played) =>
        NotRun(recording, played).Select(call => $"ready, but not run: {call}")
            .Concat(WronglyRun(recording, played).Select(call => $"run, but not ready: {call}"));

    private static List<string> Left(List<string> calls, IEnumerable<string> without)
    {
        foreach (string one in without)
        {
            if (calls.FindIndex(call => AreSame(call, one)) is var at && at >= 0)
                calls.RemoveAt(at);
        }

        return calls;
    }

    /// <summary>What is missing of the calls that ran, and of their results, in the request after them.</summary>
    public static IEnumerable<string> History(PlayedRecording played)
    {
        if (played.Ran.Count == 0)
            yield break;

        JsonObject[] messages = [.. played.Requests[^1].Objects("messages")];
        Dictionary<string, string> results = messages.Where(message => message.Text("role") == "tool")
            .ToDictionary(message => message.Text("tool_call_id")!, message => message.Text("content") ?? "");
        List<JsonObject> calls = [.. messages.SelectMany(message => message.Objects("tool_calls"))];
        foreach (string call in played.Ran)
        {
            JsonObject? sent = calls.Find(one => AreSame($"{one.Object("function")!.Text("name")} {one.Object("function")!.Text("arguments")}", call));
            if (sent is null)
                yield return $"run, but not in the next request: {call}";
            else if (results.GetValueOrDefault(sent.Text("id")!) != CountedFunction.Result)
                yield return $"run, but its result is not in the next request: {call}";

            calls.Remove(sent!);
        }
    }

    // The last turn tells how it ended: in its finish reason and its outcome, or in an exception.
    private static IEnumerable<string> Sign(Recording recording, PlayedRecording played)
    {
        bool wentOn = played.Requests.Count > 1;
        string[] verdicts = wentOn ? [LaterVerdict(played)] : [.. new[] { "verdict", "also_right" }.Select(recording.Expect.Text).OfType<string>()];
        if (played.Failure is { } failure)
        {
            if (failure is not IncompleteStreamException broken || !verdicts.Contains(broken.Outcome.Verdict.ToString()))
                yield return $"{string.Join(" or ", verdicts)} was expected, but: {failure.Message}";
            yield break;
        }

        ChatResponse response = played.Response!;
        StreamOutcome? outcome = response.GetStreamOutcome();
        if (outcome is null)
            yield return "the response has no outcome";
        else if (!verdicts.Contains(outcome.Verdict.ToString()))
            yield return $"{string.Join(" or ", verdicts)} was expected, and is {outcome.Verdict}: {outcome.Explain()}";
        else if (!IsSignOf(outcome.Verdict, response.FinishReason))
            yield return $"{outcome.Verdict} has the finish reason {response.FinishReason?.Value ?? "null"}";

        if (wentOn && !response.Text.EndsWith(PlayedRecording.LaterAnswer, StringComparison.Ordinal))
            yield return $"the last turn said \"{response.Text}\"";
    }

    private static IEnumerable<string> Cache(Recording recording, PlayedRecording played)
    {
        if (played.Response is not { } response)
        {
            if (played.Cached > 0)
                yield return "a broken answer was cached";
            yield break;
        }

        if (played.Cached == 0)
            yield break;

        if (played.RequestsAgain > 0)
            yield return $"the cached answer took {played.RequestsAgain} requests";

        if (played.Again is not { } again)
            yield return $"the cached answer cannot be read: {played.FailureAgain?.Message}";
        else if ((again.Text, again.FinishReason) != (response.Text, response.FinishReason))
            yield return $"the cached answer differs: \"{again.Text}\", {again.FinishReason?.Value ?? "null"}";
        else if (again.GetStreamOutcome() is not { } outcome || outcome.Verdict != response.GetStreamOutcome()?.Verdict)
            yield return "the cached answer does not tell its outcome";
    }

    // Where the bridge itself asked again for a call that the request demands, an answer in words is not what was demanded.
    private static string LaterVerdict(PlayedRecording played) =>
        played.Requests[^1]["tool_choice"]?.ToString() is null or "auto" or "none"
            ? nameof(StreamVerdict.Completed)
            : nameof(StreamVerdict.Unconfirmed);

    private static bool IsSignOf(StreamVerdict verdict, ChatFinishReason? reason) => verdict switch
    {
        StreamVerdict.Completed => reason == ChatFinishReason.Stop || reason == ChatFinishReason.ToolCalls,
        StreamVerdict.LengthLimited => reason == ChatFinishReason.Length,
        StreamVerdict.Unconfirmed => reason?.Value == "unconfirmed",
        StreamVerdict.StoppedByServer => reason is not null && reason != ChatFinishReason.Stop && reason != ChatFinishReason.ToolCalls,
        _ => false,
    };

    private static bool AreSame(string one, string other)
    {
        (string name, JsonNode? arguments) = Split(one);
        (string otherName, JsonNode? otherArguments) = Split(other);
        return name == otherName && JsonNode.DeepEquals(arguments, otherArguments);
    }

    private static (string Name, JsonNode? Arguments) Split(string call)
    {
        int space = call.IndexOf(' ', StringComparison.Ordinal);
        return (call[..space], JsonNode.Parse(call[(space + 1)..]));
    }
}
