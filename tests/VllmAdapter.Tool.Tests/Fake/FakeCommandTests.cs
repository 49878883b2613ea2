using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using VllmAdapter.Tool.Tests.Explain;

namespace VllmAdapter.Tool.Tests.Fake;

public sealed class FakeCommandTests
{
    private const string ScenarioId = "no-finish-reason-sentinel";
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task Serves_until_it_is_ended()
    {
        await using RunningTool fake = await RunningTool.StartAsync("fake", "--port", "0");

        string answer = await AskAsync(fake.Endpoint);

        answer.Should().Contain("\" Hi\"").And.EndWith("data: [DONE]\n\n");
        (await fake.EndAsync()).Should().Be(0);
        Func<Task> afterwards = () => AskAsync(fake.Endpoint);
        await afterwards.Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task Plays_one_scenario_at_the_usual_address()
    {
        await using RunningTool fake = await RunningTool.StartAsync("fake", "--port", "0", "--scenario", ScenarioId);

        string answer = await AskAsync(fake.Endpoint);

        answer.Should().EndWith("data: [DONE]\n\n").And.NotContain("\"finish_reason\":\"");
    }

    [Fact]
    public async Task Plays_any_scenario_by_path_or_header()
    {
        await using RunningTool fake = await RunningTool.StartAsync("fake", "--port", "0");

        string byPath = await AskAsync(new Uri(fake.Endpoint, $"scenarios/{ScenarioId}/"));
        string byHeader = await AskAsync(fake.Endpoint, ScenarioId);

        byPath.Should().EndWith("data: [DONE]\n\n").And.NotContain("\"finish_reason\":\"");
        byHeader.Should().EndWith("data: [DONE]\n\n").And.NotContain("\"finish_reason\":\"");
    }

    [Fact]
    public async Task Plays_a_recording()
    {
        const string Recording = "vllm-0.33.0/refusals/n-1";
        await using RunningTool fake = await RunningTool.StartAsync("fake", "--port", "0", "--recording", RecordingFiles.PathOf(Recording));

        string answer = await AskAsync(fake.Endpoint);

        answer.Should().Be(System.Text.Encoding.UTF8.GetString(RecordingFiles.BodyOf(Recording)));
    }

    [Theory]
    [InlineData("0.8.5")]
    [InlineData("v0.11.0")]
    public async Task Takes_on_the_habits_of_a_version(string version)
    {
        await using RunningTool fake = await RunningTool.StartAsync("fake", "--port", "0", "--profile", version);

        JsonObject told = (await Http.GetFromJsonAsync<JsonObject>(new Uri(fake.Endpoint, "version")))!;

        told["version"]!.GetValue<string>().Should().Be(version.TrimStart('v'));
    }

    [Fact]
    public async Task Serves_one_model_with_its_window()
    {
        await using RunningTool fake = await RunningTool.StartAsync("fake", "--port", "0", "--model", "llama", "--context-window", "4096");

        JsonObject models = (await Http.GetFromJsonAsync<JsonObject>(new Uri(fake.Endpoint, "v1/models")))!;

        models["data"]![0]!["id"]!.GetValue<string>().Should().Be("llama");
        models["data"]![0]!["max_model_len"]!.GetValue<int>().Should().Be(4096);
    }

    [Fact]
    public async Task Lists_every_scenario_with_how_it_must_end()
    {
        ToolRun run = await ToolRun.OfAsync(["fake", "--list"], width: 200);

        run.Code.Should().Be(0);
        run.Out.Should().ContainAll(Scenarios.All.Select(scenario => scenario.Id)).And.Contain($"{Scenarios.All.Count} scenarios.");
    }

    [Fact]
    public async Task Lists_every_scenario_as_JSON_for_programs()
    {
        ToolRun run = await ToolRun.OfAsync(["fake", "--list", "--json"]);

        run.Code.Should().Be(0);
        run.Out.Trim().Should().Be(await Scenarios.ToJsonAsync());
    }

    public static TheoryData<string[], string> Unusable => new()
    {
        { ["--scenario", "reset the connection"], "Similar:" },
        { ["--scenario", "the connection"], "the-connection-is-reset" },
        { ["--profile", "0.1"], "There is no profile 0.1. There are 0.33.0, 0.32.0, 0.20.2, 0.11.0, 0.8.5." },
        { ["--scenario", ScenarioId, "--recording", "a.json"], "exclude each other" },
        { ["--recording", "nowhere.json"], "nowhere.json" },
        { ["--port", "70000"], "--port takes a port, 0 to 65535, not 70000." },
        { ["--port", "http"], "--port takes a port" },
        { ["--context-window", "0"], "--context-window takes a number of tokens" },
        { ["--host", "my-machine"], "--host takes an address of this machine" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task What_cannot_be_played_is_a_sentence_and_code_2(string[] options, string sentence)
    {
        string[] port = options.Contains("--port") ? [] : ["--port", "0"];

        ToolRun run = await ToolRun.OfAsync(["fake", .. port, .. options]);

        run.Code.Should().Be(2);
        run.Error.Should().Contain(sentence).And.NotContain("   at ");
    }

    [Fact]
    public async Task A_file_that_is_no_recording_is_a_sentence_and_code_2()
    {
        using var file = new TemporaryFile("{}");

        ToolRun run = await ToolRun.OfAsync(["fake", "--port", "0", "--recording", file.Path]);

        run.Code.Should().Be(2);
        run.Error.Should().Contain("is no recorded exchange");
    }

    [Theory]
    [InlineData("fake")]
    [InlineData("record", "http://127.0.0.1:1")]
    public async Task A_port_that_is_taken_is_a_sentence_and_code_3(params string[] command)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

        ToolRun run = await ToolRun.OfAsync([.. command, "--port", port]);

        run.Code.Should().Be(3);
        run.Error.Should().StartWith($"Port {port} cannot be used").And.Contain("--port").And.NotContain("   at ");
    }

    private static async Task<string> AskAsync(Uri server, string? scenario = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "v1/chat/completions"))
        {
            Content = JsonContent.Create(new { messages = new[] { new { role = "user", content = "Hi" } }, stream = true }),
        };
        if (scenario is not null)
            request.Headers.Add("X-Scenario", scenario);
        using HttpResponseMessage answer = await Http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }
}
