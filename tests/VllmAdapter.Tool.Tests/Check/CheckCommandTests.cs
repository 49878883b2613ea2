using System.Text.Json;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>The command: what it prints and writes, and a sentence with an exit code for whatever cannot be checked.</summary>
public sealed class CheckCommandTests
{
    private const string Html = "<html><title>Sign in</title></html>";

    [Theory]
    [InlineData("", 2, "needs the address of a server")]
    [InlineData("not-an-address", 2, "not-an-address")]
    [InlineData("ftp://gpu", 2, "http")]
    [InlineData("http://127.0.0.1:1", 3, "127.0.0.1:1")]
    [InlineData("http://127.0.0.1:1 --key-env NO_SUCH_KEY", 2, "NO_SUCH_KEY")]
    [InlineData("http://127.0.0.1:1 --json /no/such/folder/report.json", 2, "/no/such/folder")]
    public async Task What_cannot_be_checked_is_a_sentence(string arguments, int code, string sentence)
    {
        ToolRun run = await CheckToolRun.OfAsync(arguments);

        IsASentence(run, code, sentence);
    }

    [Theory]
    [InlineData(200, "text/html", Html, "not a vLLM server")]
    [InlineData(200, "application/json", """{"hello": "world"}""", "not a vLLM server")]
    [InlineData(404, "application/json", """{"detail":"Not Found"}""", "no vLLM server")]
    [InlineData(401, "application/json", """{"error":"Unauthorized"}""", "--key-env")]
    [InlineData(403, "text/html", Html, "--key-env")]
    [InlineData(502, "text/html", "<html><title>502 Bad Gateway</title></html>", "502")]
    [InlineData(500, "text/plain", "", "500")]
    public async Task What_is_no_server_for_us_is_a_sentence(int status, string contentType, string body, string sentence)
    {
        await using var server = new OneAnswerServer(status, contentType, body);

        ToolRun run = await CheckToolRun.OfAsync(server.Address);

        IsASentence(run, 3, sentence);
    }

    [Fact]
    public async Task A_wrong_model_is_told_with_those_that_are_served()
    {
        await using FakeVllm server = await FakeVllm.StartAsync(ObedientModel.Answer);

        ToolRun run = await CheckToolRun.OfAsync($"{server.Endpoint} --model llama");

        IsASentence(run, 2, "does not serve llama. It serves: fake-model.");
    }

    [Fact]
    public async Task A_wrong_key_is_told_and_the_right_one_shows_nowhere()
    {
        await using FakeVllm server = await FakeVllm.StartAsync(new FakeVllmOptions { ApiKey = "the-right-one" }, ObedientModel.Answer);

        ToolRun wrong = await CheckToolRun.OfAsync($"{server.Endpoint} --quick --key-env THE_KEY", key: "the-wrong-one");
        ToolRun right = await CheckToolRun.OfAsync($"{server.Endpoint} --quick --key-env THE_KEY", key: "the-right-one");

        IsASentence(wrong, 3, "--key-env");
        wrong.Error.Should().NotContain("the-wrong-one");
        right.Code.Should().Be(0);
        (right.Out + right.Error).Should().NotContain("the-right-one");
    }

    [Fact]
    public async Task It_says_beforehand_what_it_may_spend_and_afterwards_what_it_spent()
    {
        await using FakeVllm server = await FakeVllm.StartAsync(ObedientModel.Answer);

        ToolRun run = await CheckToolRun.OfAsync($"{server.Endpoint} --quick");

        run.Error.Should().MatchRegex(@"at most \d+ answers and [\d,]+ generated tokens, about [\d,]+ tokens of prompts");
        run.Out.Should().Contain("10 probes: 0 faults, 0 warnings, 0 notes").And.MatchRegex(@"[\d,]+ \+ [\d,]+ tokens spent\.");
        run.Out.Should().Contain("Nothing was found.");
    }

    [Fact]
    public async Task The_demo_finds_faults_and_has_code_1()
    {
        ToolRun run = await CheckToolRun.OfAsync("--demo");

        run.Code.Should().Be(1);
        run.Out.Should().Contain("vLLM 0.8.5, demo-model").And.Contain("cut-call-looks-whole").And.Contain("finish-reason-missing");
    }

    [Fact]
    public async Task Reports_are_written_for_programs_and_for_people()
    {
        using var json = new TemporaryFile("");
        using var markdown = new TemporaryFile("");

        ToolRun run = await CheckToolRun.OfAsync($"--demo --quick --json {json.Path} --markdown {markdown.Path}");

        run.Code.Should().Be(1);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json.Path));
        report.RootElement.GetProperty("worst").GetString().Should().Be("fault");
        report.RootElement.GetProperty("findings")[0].GetProperty("evidence")[0].GetProperty("request_id").GetString().Should().NotBeNullOrEmpty();
        report.RootElement.GetProperty("probes").GetArrayLength().Should().Be(10);
        (await File.ReadAllTextAsync(markdown.Path)).Should().StartWith("# What vllm-adapter check found at").And.Contain("`finish-reason-missing`");
    }

    [Fact]
    public async Task A_server_that_dies_during_the_check_ends_it_with_what_was_found_so_far()
    {
        FakeVllm? server = null;
        int asked = 0;
        server = await FakeVllm.StartAsync(request =>
        {
            if (++asked == 5)
                _ = server!.DisposeAsync().AsTask();
            return asked < 5 ? ObedientModel.Answer(request) : Script.Cuts().BeforeHeaders();
        });

        ToolRun run = await CheckToolRun.OfAsync($"{server.Endpoint}");

        run.Code.Should().Be(3);
        run.Out.Should().Contain("server-gone").And.Contain("The server stopped answering at").And.NotContain("   at ");
    }

    [Fact]
    public async Task What_a_server_says_cannot_steer_the_terminal()
    {
        await using FakeVllm server = await FakeVllm.StartAsync(Script.Refuses(400, "\u001b[2J\u001b]0;owned\u0007 [red]no[/] chat"));

        ToolRun run = await CheckToolRun.OfAsync($"{server.Endpoint}");

        (run.Out + run.Error).Should().NotContain("\u001b").And.NotContain("\u0007").And.Contain("[red]no[/] chat");
    }

    [Fact]
    public async Task A_model_that_does_not_chat_ends_the_check()
    {
        await using FakeVllm server = await FakeVllm.StartAsync(Script.Refuses(400, "The model does not support Chat Completions API"));

        ToolRun run = await CheckToolRun.OfAsync($"{server.Endpoint}");

        run.Code.Should().Be(3);
        run.Out.Should().Contain("The model does not answer chats").And.Contain("does not support Chat Completions API");
        server.Requests.Count(request => request.Path == "/v1/chat/completions").Should().Be(1);
    }

    private static void IsASentence(ToolRun run, int code, string sentence)
    {
        run.Code.Should().Be(code);
        run.Out.Should().BeEmpty();
        run.Error.Should().Contain(sentence).And.NotContain("   at ").And.NotContain("Exception").And.NotContain("Parameter '");
    }
}
