namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>What real servers were recorded to say on plain completions and responses, through a guard, to a client that believes it. All of it is a full sweep.</summary>
[Trait("Sweep", "full")]
public sealed class GuardRouteRecordedTests
{
    public static TheoryData<string> Recorded =>
    [
        .. Sweep.Of(Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal), every: 3),
    ];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "RouteRecordings");

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task A_recorded_answer_keeps_its_bytes_and_a_recorded_cut_is_told(string file)
    {
        RecordedExchange exchange = RecordedExchange.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, file)));
        await using FakeVllm vllm = await FakeVllm.StartAsync(
            new FakeVllmOptions { Model = null, Profile = VllmProfile.All.Single(profile => file.Contains(profile.Version, StringComparison.Ordinal)) }, _ => Script.Replays(exchange));
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAttempts"] = "1", ["Explain"] = "false" }, vllm.Endpoint);
        string body = exchange.Request.Body!.ToJsonString();
        string route = file.Split('/')[0];
        string path = $"v1/{route}";

        PlainClient guarded = await PlainClient.AskAsync(guard.Address, body, path);
        PlainClient direct = await PlainClient.AskAsync(vllm.Endpoint, body, path);

        string? ended = exchange.Truth?["ended"]?.GetValue<string>();
        guarded.Ran.Should().HaveCount(ended == "model stopped after calling" ? 1 : 0);
        if (ended is null || direct.Status >= 400 || ended == "engine died")
        {
            guarded.Error.Should().NotBeNull();
            return;
        }

        bool isCut = ended.StartsWith("output cap reached", StringComparison.Ordinal);
        if (isCut && guarded.Error is null)
            guarded.Finish.Should().Be(route == "responses" ? "response.incomplete" : "length");

        if (!isCut)
            guarded.Error.Should().BeNull();

        // Of 0.11.0 the guard has to say itself that a response was cut; usage that was not asked for stays behind.
        bool isMended = isCut && route == "responses" && file.Contains("0.11.0", StringComparison.Ordinal);
        if (!isMended && guarded.Error is null)
            guarded.Events.Should().Equal(direct.Events.Where(data => AsksForUsage(exchange) || !data.Contains("\"choices\":[],", StringComparison.Ordinal)));
    }

    private static bool AsksForUsage(RecordedExchange exchange) => exchange.Request.Body?["stream_options"]?["include_usage"]?.GetValue<bool>() is true;
}
