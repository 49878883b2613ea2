using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>What real servers were recorded to say to requests with tools, through a guard, to a client that runs what it sees.</summary>
public sealed class GuardRecordedTests
{
    public static TheoryData<string> Servers => [.. Directory.EnumerateDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    internal static string Folder => Path.Combine(AppContext.BaseDirectory, "Recordings");

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task No_recorded_call_is_run_that_must_not_be_and_no_recorded_cut_is_an_answer(string server)
    {
        RecordedExchange? playing = null;
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = null }, _ => Script.Replays(playing!));
        await using RunningGuard guard = await RunningGuard.WithAsync(
            new() { ["MaxAttempts"] = "1", ["FirstChunk"] = "00:00:03", ["BetweenChunks"] = "00:00:01" }, vllm.Endpoint);
        List<string> wrong = [];
        int played = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Folder, server), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            RecordedExchange exchange = RecordedExchange.Parse(await File.ReadAllTextAsync(file));
            if (exchange.Expect is not JsonObject expected || expected["verdict"] is null || exchange.Request.Body is not JsonObject body || body["messages"] is null)
                continue;

            playing = exchange;
            PlainClient client = await PlainClient.AskAsync(guard.Address, body.ToJsonString());

            // What no vLLM takes today the fake one refuses before it replays anything.
            if (client.Status == 400)
                continue;

            played++;
            if (WrongWith(client, expected, body) is { } fault)
                wrong.Add($"{Path.GetRelativePath(Folder, file)}: {fault}");
        }

        wrong.Should().BeEmpty();
        played.Should().BePositive();
    }

    // Output that is missing is no answer; and of some recordings nobody has said what must be withheld.
    private static bool MayRaise(string error, JsonObject expected) =>
        error.Contains("output_missing", StringComparison.Ordinal)
        || (expected["withheld_calls"] is null && error.Contains("tool_call_withheld", StringComparison.Ordinal));

    internal static string? WrongWith(PlainClient client, JsonObject expected, JsonObject request)
    {
        string verdict = expected["verdict"]!.GetValue<string>();
        bool withholds = expected["withheld_calls"] is { } withheld && withheld.ToJsonString() is not ("0" or "[]");
        JsonObject[] ready = [.. (expected["ready_calls"] as JsonArray ?? []).Select(call => new JsonObject { ["name"] = call![1]!.DeepClone(), ["arguments"] = call[2]!.DeepClone() })];
        if (client.Ran.Find(call => !Array.Exists(ready, one => one["name"]!.GetValue<string>() == call.Name && JsonNode.DeepEquals(one["arguments"], call.Arguments))) is { Name: not null } ran)
            return $"{verdict}, but it ran {ran.Name} {ran.Arguments.ToJsonString()}";

        bool isCut = verdict is not ("Completed" or "Unconfirmed" or "LengthLimited" or "StoppedByServer");
        if ((isCut || withholds) && client.Error is null)
            return $"{verdict}, taken for an answer";

        if (!isCut && !withholds && client.Error is { } error && !MayRaise(error, expected))
            return $"{verdict}, but it raised {error}";

        bool isOne = request["n"] is null || request["n"]!.GetValue<int>() == 1;
        return verdict == "LengthLimited" && !withholds && isOne && client is { Error: null, HasOtherChoices: false } && client.Finish != "length"
            ? $"a cut that ends with {client.Finish}"
            : null;
    }
}
