using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using VllmAdapter.Tool.Batch;

namespace VllmAdapter.Tool.Tests.Batch;

/// <summary>A batch of requests: each answered once, every cut named, nothing lost.</summary>
public sealed class BatchTests : IDisposable
{
    private static readonly ScriptedReply Hello = Script.Says("Hello.").Finishes("stop").Uses(10, 3);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("batch");

    private string Input => Path.Combine(_folder.FullName, "in.jsonl");

    private string Output => Path.Combine(_folder.FullName, "out.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Each_request_gets_the_servers_own_body_and_the_verdict()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await WriteAsync(Line("a"), Line("b"));

        ToolRun run = await RunAsync(vllm.Endpoint);

        run.Code.Should().Be(0);
        run.Out.Should().Contain("2 requests").And.MatchRegex("completed +2");
        JsonNode[] results = Results();
        results.Select(one => one["custom_id"]!.GetValue<string>()).Should().BeEquivalentTo("a", "b");
        results[0]["response"]!["status_code"]!.GetValue<int>().Should().Be(200);
        results[0]["response"]!["body"]!["choices"]![0]!["message"]!["content"]!.GetValue<string>().Should().Be("Hello.");
        results[0]["vllm_adapter"]!["verdict"]!.GetValue<string>().Should().Be("completed");
        results[0]["error"].Should().BeNull();
    }

    [Fact]
    public async Task What_has_a_result_is_not_asked_again_and_half_a_last_line_is_repaired()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await WriteAsync(Line("a"), Line("b"), Line("c"));
        await RunAsync(vllm.Endpoint);
        string[] lines = await File.ReadAllLinesAsync(Output);
        await File.WriteAllTextAsync(Output, $"{lines[0]}\n{lines[1]}\n{lines[2][..40]}");

        ToolRun run = await RunAsync(vllm.Endpoint);

        run.Code.Should().Be(0);
        run.Out.Should().Contain("2 of them answered by an earlier run");
        vllm.Requests.Should().HaveCount(4);
        Results().Select(one => one["custom_id"]!.GetValue<string>()).Should().BeEquivalentTo("a", "b", "c");
    }

    [Fact]
    public async Task A_run_that_is_stopped_in_the_middle_answers_each_of_2000_requests_once_when_it_is_started_again()
    {
        var stop = new CancellationTokenSource();
        int asked = 0;
        var broken = new ConcurrentDictionary<int, bool>();
        await using FakeVllm vllm = await FakeVllm.StartAsync(request =>
        {
            if (Interlocked.Increment(ref asked) == 700)
                stop.Cancel();

            // What breaks off does so once: a request that did three times in a row would be given up, as it should be.
            int number = int.Parse(request.Json!["user"]!.GetValue<string>(), CultureInfo.InvariantCulture);
            ScriptedReply reply = Faulty(number);
            return number % 40 == 27 && !broken.TryAdd(number, true) ? Hello : reply;
        });
        await WriteAsync([.. Enumerable.Range(0, 2_000).Select(number => Line($"r{number}", cap: 22, user: $"{number}"))]);

        ToolRun killed = await RunAsync(vllm.Endpoint, stop.Token);
        int inFirst = Results().Length;
        ToolRun again = await RunAsync(vllm.Endpoint);

        killed.Code.Should().Be(130);
        inFirst.Should().BeInRange(1, 1_999);
        again.Code.Should().Be(1);
        JsonNode[] results = Results();
        results.Select(one => one["custom_id"]!.GetValue<string>()).Should().OnlyHaveUniqueItems().And.HaveCount(2_000);
        results.Where(one => one["vllm_adapter"]!["verdict"]!.GetValue<string>() == "completed")
            .Should().OnlyContain(one => one["response"]!["body"]!["choices"]![0]!["message"]!["content"]!.GetValue<string>() == "Hello.");
        results.Where(one => one["vllm_adapter"]!["verdict"]!.GetValue<string>() == "length_limited")
            .Should().NotBeEmpty().And.OnlyContain(one => one["response"]!["body"]!["choices"]![0]!["finish_reason"]!.GetValue<string>() == "length");
        results.Should().NotContain(one => one["vllm_adapter"]!["verdict"]!.GetValue<string>() == "interrupted", "what breaks off is asked again");
    }

    [Fact]
    public async Task A_cut_answer_is_asked_again_with_twice_the_room_if_that_is_wanted()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel").Finishes("length").Uses(10, 22), Hello);
        await WriteAsync(Line("a", cap: 22));

        ToolRun run = await RunAsync(vllm.Endpoint, "--retry-cut", "1");

        run.Code.Should().Be(0);
        vllm.Requests.Select(request => request.Json!["max_tokens"]!.GetValue<int>()).Should().Equal(22, 44);
        Results().Should().ContainSingle().Which["response"]!["body"]!["choices"]![0]!["finish_reason"]!.GetValue<string>().Should().Be("stop");
    }

    [Fact]
    public async Task A_call_that_was_cut_is_an_error_although_the_server_said_tool_calls()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("tool_calls").Uses(20, 22));
        await WriteAsync(Line("a", cap: 22));

        ToolRun run = await RunAsync(vllm.Endpoint);

        run.Code.Should().Be(1);
        Results()[0]["error"]!["code"]!.GetValue<string>().Should().Be("tool_call_withheld");
    }

    [Fact]
    public async Task When_the_budget_is_spent_no_more_is_asked_and_the_same_command_goes_on()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await WriteAsync([.. Enumerable.Range(0, 10).Select(number => Line($"r{number}"))]);

        ToolRun spent = await RunAsync(vllm.Endpoint, "--max-total-tokens", "30", "--parallel", "1");
        int inFirst = Results().Length;
        ToolRun again = await RunAsync(vllm.Endpoint);

        spent.Code.Should().Be(1);
        spent.Out.Should().Contain("not answered");
        inFirst.Should().BeLessThan(10);
        again.Code.Should().Be(0);
        Results().Should().HaveCount(10);
    }

    [Fact]
    public async Task Lines_that_cannot_be_asked_are_told_and_the_others_are_answered()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await WriteAsync(
            "{\"custom_id\":", "[]", """{"url":"/v1/chat/completions","body":{"messages":[]}}""", """{"custom_id":"e","url":"/v1/embeddings","body":{}}""",
            """{"custom_id":"g","method":"GET","url":"/v1/chat/completions","body":{"messages":[]}}""", """{"custom_id":"n","url":"/v1/chat/completions"}""",
            "", Line("a"), Line("a"));

        ToolRun run = await RunAsync(vllm.Endpoint);

        run.Code.Should().Be(1);
        run.Error.Should().Contain("Line 1 is not asked").And.Contain("Line 2 is not asked").And.Contain("Line 3 is not asked. The line has no custom_id")
            .And.Contain("/v1/embeddings").And.Contain("The method is GET").And.Contain("The body is missing").And.Contain("Line 9 is not asked. The custom_id \"a\" was there before");
        vllm.Requests.Should().ContainSingle();
        Results().Should().ContainSingle();
    }

    [Fact]
    public async Task A_refusal_is_a_result_with_the_servers_words()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Refuses(400, "n must be 1 when using greedy sampling, got 2.", param: "n"));
        await WriteAsync(Line("a"));

        ToolRun run = await RunAsync(vllm.Endpoint);

        run.Code.Should().Be(1);
        JsonNode result = Results().Should().ContainSingle().Subject;
        result["response"]!["status_code"]!.GetValue<int>().Should().Be(400);
        result["response"]!["body"]!["error"]!["message"]!.GetValue<string>().Should().Contain("greedy sampling");
        result["error"]!["code"]!.GetValue<string>().Should().Be("bad_request");
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_the_run_and_nothing_is_written_that_would_keep_a_request_from_being_asked()
    {
        await WriteAsync([.. Enumerable.Range(0, 50).Select(number => Line($"r{number}"))]);

        ToolRun run = await RunAsync(Dead());

        run.Code.Should().Be(3);
        run.Error.Should().Contain("Run the same command again");
        (await File.ReadAllTextAsync(Output)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("my notes\n")]
    [InlineData("my notes")]
    [InlineData("{\"name\":1}\n")]
    public async Task A_file_that_is_there_and_holds_no_results_is_left_alone(string content)
    {
        await WriteAsync(Line("a"));
        await File.WriteAllTextAsync(Output, content);

        ToolRun run = await RunAsync(Dead());

        run.Code.Should().Be(2);
        run.Error.Should().Contain("holds no results of a batch");
        (await File.ReadAllTextAsync(Output)).Should().Be(content);
    }

    [Theory]
    [InlineData("cannot be read", "nowhere.jsonl", "out.jsonl")]
    [InlineData("over the requests", "in.jsonl", "in.jsonl")]
    [InlineData("cannot be written", "in.jsonl", "no/such/folder/out.jsonl")]
    public async Task Files_that_cannot_be_used_are_told_in_a_sentence(string sentence, string input, string output)
    {
        await WriteAsync(Line("a"));

        ToolRun run = await ToolRun.OfAsync(["batch", Path.Combine(_folder.FullName, input), Path.Combine(_folder.FullName, output), "--to", "http://127.0.0.1:1"]);

        run.Code.Should().Be(2);
        run.Error.Should().Contain(sentence).And.NotContain("   at ");
    }

    [Fact]
    public async Task A_disk_that_is_full_ends_the_run_in_a_sentence()
    {
        await using var output = await BatchOutput.TakeUpAsync(new FullDisk(), "out.jsonl", CancellationToken.None);

        Func<Task> adding = () => output.AddAsync([]);

        ToolException told = (await adding.Should().ThrowAsync<ToolException>()).Which;
        told.Message.Should().Contain("cannot be written: No space left on device").And.Contain("out.jsonl").And.Contain("run the same command again");
        told.Code.Should().Be(ExitCode.Unavailable);
    }

    // Of forty: one cut by the cap and hidden, one declared, one that breaks off, one without a reason.
    private static ScriptedReply Faulty(int number) => (number % 40) switch
    {
        7 => Script.Says("Hel").Uses(10, 22),
        17 => Script.Says("Hel").Finishes("length").Uses(10, 22),
        27 => Hello.Cuts(),
        37 => Script.Says("Hello.").Uses(10, 3),
        _ => Hello,
    };

    private static string Line(string id, int? cap = null, string? user = null)
    {
        var body = new JsonObject { ["model"] = "fake-model", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hello." }) };
        if (cap is not null)
            body["max_tokens"] = cap;

        if (user is not null)
            body["user"] = user;

        return new JsonObject { ["custom_id"] = id, ["method"] = "POST", ["url"] = "/v1/chat/completions", ["body"] = body }.ToJsonString();
    }

    private static Uri Dead()
    {
        using var once = new TcpListener(IPAddress.Loopback, 0);
        once.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)once.LocalEndpoint).Port}");
    }

    private Task WriteAsync(params string[] lines) => File.WriteAllLinesAsync(Input, lines);

    private JsonNode[] Results() => [.. File.ReadAllLines(Output).Select(line => JsonNode.Parse(line)!)];

    private Task<ToolRun> RunAsync(Uri server, params string[] args) => RunAsync(server, CancellationToken.None, args);

    private Task<ToolRun> RunAsync(Uri server, CancellationToken cancellationToken, params string[] args) =>
        ToolRun.OfAsync(["batch", Input, Output, "--to", server.AbsoluteUri, .. args], cancellationToken: cancellationToken);

    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("No space left on device");
    }
}
