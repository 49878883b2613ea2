using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration.Memory;
using VllmAdapter.Tool.Guard;
using VllmAdapter.Tool.Tests.Check;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>What may be wrong in front of a guard, behind it, and with its settings: a sentence each.</summary>
public sealed class GuardBadInputTests
{
    private const string Ask = """{"model":"fake-model","stream":true,"messages":[{"role":"user","content":"Hello."}]}""";
    private static readonly ScriptedReply Hello = Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done();

    [Theory]
    [InlineData("There is no back end.")]
    [InlineData("is no address of a back end", "--to", "localhost:8000")]
    [InlineData("is no address of a back end", "--to", "ftp://localhost")]
    [InlineData("settings file cannot be read", "--to", "http://localhost:8000", "--settings", "/nowhere/guard.json")]
    [InlineData("is no address to listen on", "--to", "http://localhost:8000", "--listen", "http://example.com:80")]
    [InlineData("Argument 'never' not recognized", "--to", "http://localhost:8000", "--on-cut", "never")]
    public async Task What_cannot_be_started_is_told_in_a_sentence_with_code_2(string sentence, params string[] args)
    {
        ToolRun run = await ToolRun.OfAsync(["guard", .. args]);

        run.Code.Should().Be(2);
        run.Error.Should().Contain(sentence).And.NotContain("   at ");
    }

    [Theory]
    [InlineData("Guard:OnCut", "sometimes", "sometimes")]
    [InlineData("Guard:OnCuts", "error", "OnCuts")]
    [InlineData("Guard:MaxAttempts", "0", "MaxAttempts must be at least 1")]
    [InlineData("Guard:BetweenChunks", "-00:00:01", "BetweenChunks must be a time above zero")]
    [InlineData("ReverseProxy:Routes:all:ClusterId", "elsewhere", "elsewhere")]
    [InlineData("ReverseProxy:Clusters:vllm:LoadBalancingPolicy", "Luck", "Luck")]
    [InlineData("ReverseProxy:Clusters:vllm:Destinations:0:Address", "gpu", "gpu")]
    public async Task Settings_that_are_wrong_are_refused_by_name(string name, string value, string told)
    {
        var settings = GuardSettings.Of([new Uri("http://127.0.0.1:1")]);
        settings[name] = value;

        Func<Task> start = () => RunningGuard.StartAsync(new MemoryConfigurationSource { InitialData = settings });

        (await start.Should().ThrowAsync<ToolException>()).Which.Message.Should().Contain(told);
    }

    [Fact]
    public async Task Settings_that_change_to_wrong_ones_are_told_and_those_before_go_on()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Once upon").Finishes("length").Uses(10, 3).Done());
        string path = Path.Combine(Directory.CreateTempSubdirectory("guard").FullName, "guard.json");
        await File.WriteAllTextAsync(path, """{"Guard":{"OnCut":"length"}}""");
        List<string> told = [];
        Dictionary<string, string?> backEnds = GuardSettings.Of([vllm.Endpoint]);
        var file = new SettingsFile(path, sentence => { lock (told) told.Add(sentence); }) { Defaults = backEnds };
        await using RunningGuard guard = await RunningGuard.StartAsync(new MemoryConfigurationSource { InitialData = backEnds }, file);

        PlainClient before = await PlainClient.AskAsync(guard.Address, Ask);
        await File.WriteAllTextAsync(path, """{"Guard":{"OnCut":"err""");
        file.Reload();
        PlainClient meanwhile = await PlainClient.AskAsync(guard.Address, Ask);
        await File.WriteAllTextAsync(path, """{"Guard":{"OnCut":"error"}}""");
        file.Reload();
        PlainClient after = await PlainClient.AskAsync(guard.Address, Ask);

        before.Error.Should().BeNull();
        meanwhile.Error.Should().BeNull();
        after.Error.Should().Contain("answer_cut");
        lock (told)
            told.Should().Contain(sentence => sentence.StartsWith("The changed settings are not used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_in_use_is_told()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        ToolRun run = await ToolRun.OfAsync(["guard", "--to", "http://127.0.0.1:1", "--listen", $"http://127.0.0.1:{port}"]);

        run.Code.Should().Be(3);
        run.Error.Should().Contain("cannot listen").And.Contain("--listen");
    }

    [Fact]
    public async Task Of_several_back_ends_one_may_be_dead()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await using RunningGuard guard = await RunningGuard.WithAsync(
            new() { ["ReverseProxy:Clusters:vllm:LoadBalancingPolicy"] = "RoundRobin" }, Dead(), vllm.Endpoint);

        for (int i = 0; i < 10; i++)
            (await PlainClient.AskAsync(guard.Address, Ask)).Error.Should().BeNull();
    }

    [Fact]
    public async Task Where_every_back_end_is_dead_the_error_says_so()
    {
        await using RunningGuard guard = await RunningGuard.StartAsync(Dead(), Dead());

        PlainClient client = await PlainClient.AskAsync(guard.Address, Ask);

        client.Status.Should().Be(502);
        client.Error.Should().Contain("connection_failed");
    }

    [Theory]
    [InlineData(200, "<html>Welcome</html>", "text/html", 502)]
    [InlineData(200, "", null, 502)]
    [InlineData(200, """{"ok":true}""", "application/json", 502)]
    [InlineData(404, "<html>Not here</html>", "text/html", 404)]
    [InlineData(301, "", null, 502)]
    public async Task A_back_end_that_is_no_vllm_is_no_answer(int status, string body, string? contentType, int expected)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Replies(status, body, contentType));
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAttempts"] = "1" }, vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, Ask);

        client.Status.Should().Be(expected);
        client.Error.Should().NotBeNull();
        if (expected == status)
            client.Error.Should().EndWith(body);
    }

    [Fact]
    public async Task A_request_without_a_model_is_asked_as_it_is()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, """{"stream":true,"messages":[{"role":"user","content":"Hello."}]}""");

        client.Text.Should().Be("Hello.");
        vllm.Requests[0].Body.Should().NotContain("model");
    }

    [Theory]
    [InlineData("{\"messages\":")]
    [InlineData("[1]")]
    [InlineData("""{"stream":true,"stream":true,"messages":[]}""")]
    public async Task A_request_that_cannot_be_read_never_gets_an_answer_that_nobody_judged(string body)
    {
        await using var server = new OneAnswerServer(
            200, "application/json", """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}]}""");
        await using RunningGuard guard = await RunningGuard.StartAsync(new Uri(server.Address));

        PlainClient client = await PlainClient.AskAsync(guard.Address, body);

        client.Status.Should().Be(400);
        client.Error.Should().Contain("cannot read the request");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_beyond_the_limit_is_refused_whether_it_tells_its_length_or_not(bool tellsLength)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxRequestBytes"] = "100" }, vllm.Endpoint);
        using HttpClient http = new();
        using HttpRequestMessage request = AnswerUnderWay.Request(guard.Address, Ask + new string(' ', 1_000));
        request.Headers.TransferEncodingChunked = !tellsLength;

        using HttpResponseMessage response = await http.SendAsync(request);

        response.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        (await response.Content.ReadAsStringAsync()).Should().Contain("Guard:MaxRequestBytes");
        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_client_of_http_1_0_gets_its_answer_and_a_cut_as_a_reset()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello, Script.Says("Hel").Cuts());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);

        (string whole, bool wasReset) = await AskWithHttp10Async(guard.Address);
        (string cut, bool cutWasReset) = await AskWithHttp10Async(guard.Address);

        whole.Should().Contain("Hello.").And.Contain("[DONE]");
        wasReset.Should().BeFalse();
        cut.Should().Contain("Hel").And.Contain("\"type\":\"interrupted\"");
        cutWasReset.Should().BeTrue();
    }

    [Fact]
    public async Task More_answers_than_are_allowed_at_once_are_refused_with_503()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").GoesSilent());
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAnswers"] = "1" }, vllm.Endpoint);
        using AnswerUnderWay first = await AnswerUnderWay.AskAsync(guard.Address, Ask);

        PlainClient second = await PlainClient.AskAsync(guard.Address, Ask);

        second.Status.Should().Be(503);
        second.Error.Should().Contain("Guard:MaxAnswers");
        guard.Metrics.ToString().Should().Contain("refusals_total{status=\"503\"} 1\n");
    }

    private static Uri Dead()
    {
        using var once = new TcpListener(IPAddress.Loopback, 0);
        once.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)once.LocalEndpoint).Port}");
    }

    private static async Task<(string Text, bool WasReset)> AskWithHttp10Async(Uri guard)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, guard.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {Ask.Length}\r\n\r\n{Ask}"));
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var count)
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));

            return (text.ToString(), false);
        }
        catch (IOException)
        {
            return (text.ToString(), true);
        }
    }
}
