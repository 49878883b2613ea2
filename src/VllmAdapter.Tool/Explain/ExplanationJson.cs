using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Explain;

/// <summary>Writes an explanation for programs.</summary>
internal static class ExplanationJson
{
    private static readonly JsonSerializerOptions Legible = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(RecordedInput input, Replay replay, IReadOnlyList<TimelineEntry> timeline, Conclusion conclusion) => new JsonObject
    {
        ["name"] = input.Exchange.Name,
        ["format"] = input.Format,
        ["timeline"] = new JsonArray([.. timeline.Select(EntryOf)]),
        ["verdict"] = conclusion.Verdict,
        ["certainty"] = conclusion.Certainty?.ToString(),
        ["meaning"] = conclusion.Meaning,
        ["explanation"] = conclusion.Explanation,
        ["is_whole"] = conclusion.IsWhole,
        ["missing"] = Strings(conclusion.Missing),
        ["text"] = conclusion.Text,
        ["may_run"] = new JsonArray([.. conclusion.MayRun.Select(CallOf)]),
        ["must_not_run"] = new JsonArray([.. conclusion.MustNotRun.Select(WithheldOf)]),
        ["tokens"] = conclusion.Tokens,
        ["notes"] = Strings(conclusion.Notes),
        ["outcome"] = replay.Answer is { } answer ? JsonNode.Parse(answer.Outcome.ToJson()) : null,
    }.ToJsonString(Legible);

    private static JsonObject EntryOf(TimelineEntry entry) => new()
    {
        ["kind"] = entry.Kind.ToString(),
        ["at_ms"] = entry.At.TotalMilliseconds,
        ["first_event"] = entry.FirstEvent,
        ["last_event"] = entry.LastEvent,
        ["choice"] = entry.Choice,
        ["came"] = entry.Came,
        ["proves"] = entry.Proves,
    };

    private static JsonObject CallOf(ToolCall call) => new()
    {
        ["id"] = call.Id,
        ["name"] = call.Name,
        ["arguments"] = call.Arguments,
        ["choice"] = call.ChoiceIndex,
        ["problems"] = Strings(call.Problems),
    };

    private static JsonObject WithheldOf(WithheldToolCall call) => new()
    {
        ["id"] = call.Id,
        ["name"] = call.Name,
        ["arguments"] = call.RawArguments,
        ["choice"] = call.ChoiceIndex,
        ["reason"] = call.Reason.ToString(),
        ["explanation"] = call.Explain(),
    };

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
