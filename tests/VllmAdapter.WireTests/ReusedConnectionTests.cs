using System.Collections.Concurrent;
using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>
/// A server may close a connection just as the next request goes out on it. vLLM 0.20.2 closes it some milliseconds after every refusal,
/// without a word of it in the headers.
/// </summary>
public sealed class ReusedConnectionTests
{
    private const string Refusal = "{\"error\":{\"message\":\"no\",\"type\":\"BadRequestError\",\"code\":400}}";

    private readonly ConcurrentQueue<string> _requests = new();

    private static readonly Dictionary<string, Func<VllmInferenceAdapter, Task>> Calls = new(StringComparer.Ordinal)
    {
        ["version"] = async adapter => (await adapter.Server.GetVersionAsync()).Text.Should().Be("0.20.2"),
        ["health"] = async adapter => (await adapter.Server.CheckHealthAsync()).IsHealthy.Should().BeTrue(),
        ["models"] = async adapter => (await adapter.Server.GetModelsAsync()).Should().ContainSingle(),
        ["metrics"] = async adapter => (await adapter.Server.GetMetricsAsync()).Running.Should().Be(3),
        ["tokenize"] = async adapter => (await adapter.Server.TokenizeAsync("one two")).Count.Should().Be(2),
        ["detokenize"] = async adapter => (await adapter.Server.DetokenizeAsync([1, 2])).Should().Be("one two"),
        ["render"] = async adapter => (await adapter.Server.RenderAsync(Played.Request)).TokenIds.Should().Equal(1, 2),
        ["load a LoRA adapter"] = async adapter => (await adapter.Server.LoadLoraAsync("tuned", "/tuned")).Should().Be("Success"),
        ["chat"] = async adapter => (await adapter.CompleteChatAsync(Played.Request)).Text.Should().Be("Hello"),
        ["chat, in one piece"] = async adapter =>
            (await adapter.CompleteChatAsync(Played.Request with { Stream = false })).Text.Should().Be("Hello"),
    };

    public static TheoryData<string> Kinds => [.. Calls.Keys];

    public static TheoryData<string, bool, bool> KindsAndClients
    {
        get
        {
            var rows = new TheoryData<string, bool, bool>();
            foreach (string kind in Calls.Keys)
            {
                rows.Add(kind, false, false);
                rows.Add(kind, true, false);
                rows.Add(kind, false, true);
                rows.Add(kind, true, true);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndClients))]
    public async Task A_request_whose_connection_was_just_closed_goes_out_once_more(string kind, bool byReset, bool isCallersClient)
    {
        await using var server = RawServer.Start(Refuses, byReset ? Resets : Closes, Answers);
        using var http = new HttpClient();
        VllmInferenceAdapter adapter = isCallersClient ? OnClientOf(http, server) : Played.NewAdapter(server.Endpoint);
        await RefusedAsync(adapter);

        await Calls[kind](adapter).WaitAsync(RawServer.Guard);

        server.Accepted.Should().Be(2);
        _requests.Should().HaveCount(3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_server_that_closes_after_every_refusal_is_always_reached(string kind)
    {
        const int Rounds = 60;
        RawScript[] scripts = [.. Enumerable.Repeat<RawScript[]>([RefusesAndCloses, Answers], Rounds).SelectMany(pair => pair)];
        await using var server = RawServer.Start(scripts);
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);
        for (int round = 0; round < Rounds; round++)
        {
            await RefusedAsync(adapter);
            await Calls[kind](adapter).WaitAsync(RawServer.Guard);
        }
    }

    [Fact]
    public async Task Several_connections_that_were_all_closed_are_tried_until_one_is_fresh()
    {
        var bothAreThere = new TaskCompletionSource();
        int there = 0;
        RawScript refusesTogether = async connection =>
        {
            if (Interlocked.Increment(ref there) == 2)
                bothAreThere.SetResult();

            await bothAreThere.Task.WaitAsync(RawServer.Guard);
            await Refuses(connection);
        };
        await using var server = RawServer.Start(refusesTogether, refusesTogether, Closes, Closes, Answers);
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);
        await Task.WhenAll(RefusedAsync(adapter), RefusedAsync(adapter));

        await Calls["tokenize"](adapter).WaitAsync(RawServer.Guard);

        server.Accepted.Should().Be(3);
    }

    // (Of a request without a body nothing can be said: .NET by itself sends it up to four times.)
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fresh_connection_that_is_closed_is_no_connection(bool byReset)
    {
        await using var server = RawServer.Start(byReset ? Resets : Closes);

        VllmRequestException failed = await FailedAsync(Played.NewAdapter(server.Endpoint));

        (failed.Failure, failed.Attempts, _requests.Count).Should().Be((RequestFailure.ConnectionFailed, 1, 1));
    }

    [Fact]
    public async Task On_a_client_of_the_callers_a_fresh_connection_cannot_be_told_and_is_tried_twice()
    {
        await using var server = RawServer.Start(Closes);
        using var http = new HttpClient();

        VllmRequestException failed = await FailedAsync(OnClientOf(http, server));

        (failed.Failure, failed.Attempts, _requests.Count).Should().Be((RequestFailure.ConnectionFailed, 2, 2));
    }

    [Theory]
    [InlineData("H")]
    [InlineData("HTTP/1.1 2")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Ty")]
    public async Task An_answer_that_had_begun_is_not_asked_for_again(string beginning)
    {
        await using var server = RawServer.Start(Refuses, async connection =>
        {
            Note(connection);
            await connection.SendAsync(beginning);
            connection.Close();
        });
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);
        await RefusedAsync(adapter);

        VllmRequestException failed = await FailedAsync(adapter);

        (failed.Failure, failed.Attempts, _requests.Count).Should().Be((RequestFailure.ConnectionFailed, 1, 2));
    }

    [Fact]
    public async Task What_goes_out_once_more_has_an_id_of_its_own_and_is_the_same_otherwise()
    {
        await using var server = RawServer.Start(Refuses, Closes, Answers);
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);
        await RefusedAsync(adapter);
        ChatRequest request = Played.Request with { Headers = new RequestHeaders { RequestId = "mine", Session = "s1" } };

        await adapter.CompleteChatAsync(request);

        string[] sent = [.. _requests.Skip(1)];
        string[] ids = [.. sent.Select(IdOf)];
        ids.Should().OnlyHaveUniqueItems();
        ids[0].Should().Be("mine");
        ids[1].Should().StartWith("mine-");
        sent[1].Replace(ids[1], "mine", StringComparison.Ordinal).Split("\r\n").Should().BeEquivalentTo(sent[0].Split("\r\n"));
    }

    [Fact]
    public async Task A_caller_who_left_is_not_sent_for_again()
    {
        using var caller = new CancellationTokenSource();
        await using var server = RawServer.Start(Refuses, async connection =>
        {
            Note(connection);
            await caller.CancelAsync();
            connection.Close();
        });
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);
        await RefusedAsync(adapter);

        Func<Task> asking = () => adapter.Server.GetVersionAsync(caller.Token).WaitAsync(RawServer.Guard);

        (await asking.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(caller.Token);
        _requests.Should().HaveCount(2);
    }

    private static VllmInferenceAdapter OnClientOf(HttpClient http, RawServer server) =>
        new(http, new VllmAdapterOptions { Endpoint = server.Endpoint, Resilience = { MaxAttempts = 1 } });

    private static async Task RefusedAsync(VllmInferenceAdapter adapter)
    {
        Func<Task> asking = () => adapter.CompleteChatAsync(Played.Request).WaitAsync(RawServer.Guard);
        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.BadRequest);
    }

    private static async Task<VllmRequestException> FailedAsync(VllmInferenceAdapter adapter)
    {
        Func<Task> asking = () => adapter.Server.TokenizeAsync("one two").WaitAsync(RawServer.Guard);
        return (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
    }

    private static string IdOf(string request) =>
        request.Split("\r\n").Single(line => line.StartsWith("X-Request-Id: ", StringComparison.OrdinalIgnoreCase))["X-Request-Id: ".Length..];

    private void Note(RawConnection connection) => _requests.Enqueue(connection.Request);

    private Task Refuses(RawConnection connection)
    {
        Note(connection);
        return connection.SendAsync(Reply("400 Bad Request", "Content-Type: application/json\r\n", Refusal));
    }

    private async Task RefusesAndCloses(RawConnection connection)
    {
        await Refuses(connection);
        connection.Close();
    }

    private Task Closes(RawConnection connection)
    {
        Note(connection);
        connection.Close();
        return Task.CompletedTask;
    }

    private Task Resets(RawConnection connection)
    {
        Note(connection);
        connection.Reset();
        return Task.CompletedTask;
    }

    private Task Answers(RawConnection connection)
    {
        Note(connection);
        const string Json = "Content-Type: application/json\r\n";
        string path = connection.Request.Split(' ')[1];
        bool isStream = connection.Request.Contains("\"stream\":true", StringComparison.Ordinal);
        return connection.SendAsync(path switch
        {
            "/version" => Reply("200 OK", Json, "{\"version\":\"0.20.2\"}"),
            "/v1/models" => Reply("200 OK", Json, "{\"data\":[{\"id\":\"tiny\"}]}"),
            "/metrics" => Reply("200 OK", "Content-Type: text/plain\r\n", "vllm:num_requests_running 3\n"),
            "/tokenize" => Reply("200 OK", Json, "{\"count\":2,\"tokens\":[1,2]}"),
            "/detokenize" => Reply("200 OK", Json, "{\"prompt\":\"one two\"}"),
            "/v1/chat/completions/render" => Reply("200 OK", Json, "{\"token_ids\":[1,2]}"),
            "/v1/load_lora_adapter" => Reply("200 OK", "", "Success"),
            "/v1/chat/completions" when isStream => Chunked + Chunks(Says("Hello"), Finishes("stop"), Done) + LastChunk,
            "/v1/chat/completions" => Reply(
                "200 OK", Json, "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}"),
            _ => Reply("200 OK", "", ""),
        });
    }
}
