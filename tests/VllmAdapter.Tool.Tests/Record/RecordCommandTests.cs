using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Record;

public sealed class RecordCommandTests : IDisposable
{
    private const string Ask = """{"messages":[{"role":"user","content":"Hi"}],"stream":true,"max_tokens":100}""";

    private static readonly HttpClient Http = new();
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Answers_pass_as_they_come_and_are_written_down()
    {
        var goOn = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel").WaitsFor(goOn.Task).Says("lo").Finishes("stop").Uses(5, 2).Done());
        await using RunningTool record = await StartAsync(vllm.Endpoint);

        using AnswerUnderWay answer = await AnswerUnderWay.AskAsync(record.Endpoint, Ask);
        string early = await answer.UntilAsync("Hel");
        goOn.SetResult();
        string late = await answer.RestAsync();

        early.Should().NotContain("\"lo\"");
        late.Should().Contain("\"lo\"").And.EndWith("data: [DONE]\n\n");
        string line = await record.Out.LineAsync(line => line.Contains(" 200", StringComparison.Ordinal));
        line.Should().Contain("POST /v1/chat/completions").And.Contain("Completed: the server declared stop");

        await record.EndAsync();
        ToolRun explained = await ToolRun.OfAsync(["explain", OnlyFile(), "--json"]);
        explained.Code.Should().Be(0);
        JsonNode.Parse(explained.Out)!["timeline"]!.AsArray().Select(entry => entry!["came"]!.GetValue<string>()).Should().Contain("text \"Hello\"");
    }

    [Fact]
    public async Task Keys_reach_the_server_and_no_file()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { ApiKey = "sk-not-for-files" });
        await using RunningTool record = await StartAsync(vllm.Endpoint);

        using HttpRequestMessage question = Question(record.Endpoint, "?api_key=sk-not-for-files");
        question.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sk-not-for-files");
        using HttpResponseMessage answer = await Http.SendAsync(question);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        vllm.Requests.Should().ContainSingle().Which.Query.Should().Be("?api_key=sk-not-for-files");
        await record.Out.LineAsync(line => line.Contains(" 200", StringComparison.Ordinal));
        await record.EndAsync();
        (await File.ReadAllTextAsync(OnlyFile())).Should().NotContain("sk-not-for-files");
    }

    [Fact]
    public async Task A_cut_is_passed_on_as_a_cut_and_written_down_as_one()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel").Resets());
        await using RunningTool record = await StartAsync(vllm.Endpoint);

        using HttpRequestMessage question = Question(record.Endpoint);
        Func<Task> ask = async () => (await Http.SendAsync(question)).Dispose();

        await ask.Should().ThrowAsync<HttpRequestException>();
        await record.Out.LineAsync(line => line.Contains("Interrupted: the connection broke", StringComparison.Ordinal));
        await record.EndAsync();
        RecordedExchange.Load(OnlyFile()).Response.BodyComplete.Should().BeFalse();
    }

    [Fact]
    public async Task Refusals_and_other_routes_pass_unchanged()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Refuses(429, "Too many.").WithHeader("Retry-After", "7"));
        await using RunningTool record = await StartAsync(vllm.Endpoint);

        using HttpRequestMessage question = Question(record.Endpoint);
        using HttpResponseMessage refused = await Http.SendAsync(question);
        string version = await Http.GetStringAsync(new Uri(record.Endpoint, "version"));

        refused.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(7));
        version.Should().Be("""{"version":"0.33.0"}""");
        (await record.Out.LineAsync(line => line.Contains("Refused", StringComparison.Ordinal))).Should().Contain("Refused: ");
        (await record.Out.LineAsync(line => line.Contains("GET /version", StringComparison.Ordinal))).Should().EndWith("20 bytes");
    }

    [Fact]
    public async Task A_prefix_of_the_servers_address_is_kept_and_v1_is_not_doubled()
    {
        await using ScenarioServer server = await ScenarioServer.StartAsync();
        await using RunningTool record = await StartAsync(new Uri(server.Endpoint, "scenarios/no-finish-reason-sentinel/v1"));

        using HttpRequestMessage question = Question(record.Endpoint);
        using HttpResponseMessage answer = await Http.SendAsync(question);

        (await answer.Content.ReadAsStringAsync()).Should().EndWith("data: [DONE]\n\n").And.NotContain("\"finish_reason\":\"");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_502_and_a_sentence()
    {
        await using RunningTool record = await StartAsync(new Uri("http://127.0.0.1:1"));

        using HttpRequestMessage question = Question(record.Endpoint);
        using HttpResponseMessage answer = await Http.SendAsync(question);

        answer.StatusCode.Should().Be(HttpStatusCode.BadGateway);
        JsonObject error = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["error"]!.AsObject();
        error["message"]!.GetValue<string>().Should().StartWith("http://127.0.0.1:1/ cannot be reached: ");
        (await record.Out.LineAsync(line => line.Contains("cannot be reached", StringComparison.Ordinal))).Should().StartWith("POST /v1/chat/completions");
    }

    [Theory]
    [InlineData("localhost:8000")]
    [InlineData("ftp://localhost")]
    [InlineData("/v1")]
    [InlineData("http://")]
    public async Task What_is_no_address_is_a_sentence_and_code_2(string address)
    {
        ToolRun run = await ToolRun.OfAsync(["record", address, "--port", "0", "--to", _folder]);

        run.Code.Should().Be(2);
        run.Error.Should().Contain("is no address of a server").And.Contain("http://localhost:8000");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_a_sentence()
    {
        using var file = new TemporaryFile("in the way");

        ToolRun run = await ToolRun.OfAsync(["record", "http://127.0.0.1:1", "--port", "0", "--to", file.Path]);

        run.Code.Should().NotBe(0);
        run.Error.Should().Contain(file.Path).And.NotContain("   at ");
    }

    private Task<RunningTool> StartAsync(Uri server) => RunningTool.StartAsync("record", server.ToString(), "--port", "0", "--to", _folder);

    private string OnlyFile() => Directory.GetFiles(_folder, "*.json").Should().ContainSingle().Which;

    private static HttpRequestMessage Question(Uri proxy, string query = "") => AnswerUnderWay.Request(proxy, Ask, $"v1/chat/completions{query}");
}
