using System.Text.Json.Nodes;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Recorded;

/// <summary>Recorded replies to requests with tools, and what of them may be run.</summary>
internal static class ToolRecordings
{
    private const string PlainAnswer =
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Done.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    public static TheoryData<string> Paths => Recording.PathsOf(IsOne);

    public static IEnumerable<Recording> All => Recording.All.Where(IsOne);

    /// <summary>A server that gives the recorded reply, and then answers.</summary>
    public static TwoTurns ThenAnswering(Recording recording) => new(CannedServer.Replaying(recording), CannedServer.Saying(PlainAnswer));

    /// <summary>The ready calls of the first choice without those that name no declared tool or lack a required argument.</summary>
    public static IEnumerable<string> MayBeRun(Recording recording) => recording.Expect["ready_calls"]!.AsArray()
        .Where(call => call![0]!.GetValue<int>() == 0 && HasNoProblem(recording, call[1]!.GetValue<string>(), call[2]!.AsObject()))
        .Select(call => Said(call![1]!.GetValue<string>(), call[2]!));

    public static string Said(string name, JsonNode arguments) => $"{name} {arguments.ToJsonString()}";

    // A loop takes no two tools of one name: it could not tell which of them to run.
    private static bool IsOne(Recording recording) => recording.Kind is "stream" or "whole"
        && Tools(recording).Select(tool => tool["name"]!.GetValue<string>()).ToArray() is { Length: > 0 } names
        && names.Distinct(StringComparer.Ordinal).Count() == names.Length;

    private static bool HasNoProblem(Recording recording, string name, JsonObject arguments) => Tools(recording)
        .Any(tool => tool["name"]!.GetValue<string>() == name && (tool["parameters"]?["required"] as JsonArray ?? [])
            .All(required => arguments.ContainsKey(required!.GetValue<string>())));

    private static IEnumerable<JsonNode> Tools(Recording recording) =>
        ((recording.Exchange.Request.Body as JsonObject)?["tools"] as JsonArray ?? []).Select(tool => tool!["function"]!);
}
