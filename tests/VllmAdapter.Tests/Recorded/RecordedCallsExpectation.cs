using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>Which tool calls must be ready, how many withheld, and that each has the arguments that were sent.</summary>
internal static class RecordedCallsExpectation
{
    public static IEnumerable<string> Misses(JsonObject expect, StreamOutcome outcome)
    {
        string ready = $"[{string.Join(", ", outcome.ToolCalls.Select(call => $"[{call.ChoiceIndex}, {call.Name}, {call.Arguments}]"))}]";
        if (expect["ready_any"] is JsonArray any)
        {
            // The server numbers its choices wrongly here: only the calls and their order count.
            if (!any.Any(calls => AreSame(calls!.AsArray(), outcome.ToolCalls, withChoice: false)))
                yield return $"ready_any: {any.ToJsonString()} was expected, and is {ready}";
        }
        else if (expect["ready_calls"] is JsonArray calls && !AreSame(calls, outcome.ToolCalls, withChoice: true))
        {
            yield return $"ready_calls: {calls.ToJsonString()} was expected, and is {ready}: {outcome.Explain()}";
        }

        if (expect.Int("withheld_calls") is { } withheld && outcome.WithheldToolCalls.Count != withheld)
            yield return $"withheld_calls: {withheld} was expected, and is {outcome.WithheldToolCalls.Count}: {outcome.Explain()}";

        if (expect["calls_as_sent"] is not JsonObject sent)
            yield break;

        List<Call> came = [.. outcome.ToolCalls.Select(Call.Of), .. outcome.WithheldToolCalls.Select(Call.Of)];
        foreach (Call call in sent.SelectMany(choice => choice.Value!.AsArray().Select(call => Call.Of(choice.Key, call!.AsArray()))))
        {
            if (!came.Remove(came.FirstOrDefault(one => one.IsAsSent(call))))
                yield return $"calls_as_sent: {call} did not come, only {string.Join(", ", came)}";
        }

        if (came.Count > 0)
            yield return $"calls_as_sent: {string.Join(", ", came)} was never sent";
    }

    private static bool AreSame(JsonArray expected, IReadOnlyList<ToolCall> ready, bool withChoice) =>
        expected.Count == ready.Count && expected.Zip(ready).All(pair => IsSame(pair.First!.AsArray(), pair.Second, withChoice));

    private static bool IsSame(JsonArray expected, ToolCall call, bool withChoice) =>
        (!withChoice || expected[0]!.GetValue<int>() == call.ChoiceIndex)
        && expected[1]!.GetValue<string>() == call.Name
        && JsonNode.DeepEquals(expected[2], JsonNode.Parse(call.Arguments));

    private readonly record struct Call(int Choice, string Name, string Arguments)
    {
        public static Call Of(ToolCall call) => new(call.ChoiceIndex, call.Name, call.Arguments);

        public static Call Of(WithheldToolCall call) => new(call.ChoiceIndex, call.Name ?? "", call.RawArguments);

        // A name that the server repeats in every piece is joined by bars: it is one call.
        public static Call Of(string choice, JsonArray call) =>
            new(int.Parse(choice, CultureInfo.InvariantCulture), (call[0]?.GetValue<string>() ?? "").Split('|')[0], call[1]?.GetValue<string>() ?? "");

        // No argument text at all is handed out as an empty object, an object in place of a string as its JSON.
        public bool IsAsSent(Call sent) =>
            (Choice, Name) == (sent.Choice, sent.Name)
            && (Arguments.Trim() == sent.Arguments.Trim() || (sent.Arguments.Length == 0 && Arguments == "{}") || IsSameJson(Arguments, sent.Arguments));

        public override string ToString() => $"{Choice}: {Name} {Arguments}";

        private static bool IsSameJson(string one, string other)
        {
            try
            {
                return JsonNode.DeepEquals(JsonNode.Parse(one), JsonNode.Parse(other));
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
