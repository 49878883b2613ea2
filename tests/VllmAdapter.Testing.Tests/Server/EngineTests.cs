namespace VllmAdapter.Testing.Tests.Server;

public sealed class EngineTests
{
    [Fact]
    public async Task Scripts_answer_in_order_and_the_last_one_repeats()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("first"), Script.Says("then"));
        using HttpClient http = vllm.CreateHttpClient();

        string[] said = [(await Wire.ReadAsync(http, Wire.Streamed)).Text, (await Wire.ReadAsync(http, Wire.Streamed)).Text, (await Wire.ReadAsync(http, Wire.Streamed)).Text];

        said.Should().Equal("first", "then", "then");
    }

    [Fact]
    public async Task A_script_can_be_chosen_for_each_request()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions(), request => Script.Says(request.Headers["X-Session-ID"]));
        using HttpClient http = vllm.CreateHttpClient();
        http.DefaultRequestHeaders.Add("X-Session-ID", "seven");

        (await Wire.ReadAsync(http, Wire.Streamed)).Text.Should().Be("seven");
    }

    [Fact]
    public async Task Requests_are_kept_with_their_bodies_and_headers()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("x"));
        using HttpClient http = vllm.CreateHttpClient();
        http.DefaultRequestHeaders.Add("X-Request-Id", "mine");

        Seen seen = await Wire.ReadAsync(http, Wire.Streamed, "v1/chat/completions?a=b");

        ReceivedRequest request = vllm.Requests.Should().ContainSingle().Subject;
        request.Method.Should().Be("POST");
        request.Path.Should().Be("/v1/chat/completions");
        request.Query.Should().Be("?a=b");
        request.Headers["x-request-id"].Should().Be("mine");
        request.Body.Should().Be(Wire.Streamed);
        ((string?)request.Json!["model"]).Should().Be("fake-model");
        ((string?)seen.Chunks[0]["id"]).Should().Be("chatcmpl-mine");
    }

    [Fact]
    public async Task A_request_beyond_the_places_of_the_engine_waits_with_its_headers_sent()
    {
        var gate = new TaskCompletionSource();
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { MaxRunning = 1 }, Script.Says("one").WaitsFor(gate.Task).Done(), Script.Says("two").Done());
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage first = await Wire.PostAsync(http, Wire.Streamed);
        using HttpResponseMessage second = await Wire.PostAsync(http, Wire.Streamed);
        Task<string> waiting = second.Content.ReadAsStringAsync();
        (vllm.Running, vllm.Waiting).Should().Be((1, 1));
        waiting.IsCompleted.Should().BeFalse();

        gate.SetResult();
        await first.Content.ReadAsStringAsync();

        (await waiting).Should().Contain("two");
        (vllm.Running, vllm.Waiting, vllm.Completed).Should().Be((0, 0, 2));
    }

    [Fact]
    public async Task A_waiting_request_whose_client_leaves_frees_nobodys_place()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { MaxRunning = 1 }, Script.Says("a").GoesSilent());
        using HttpClient http = vllm.CreateHttpClient();
        HttpResponseMessage first = await Wire.PostAsync(http, Wire.Streamed);
        HttpResponseMessage second = await Wire.PostAsync(http, Wire.Streamed);
        using HttpResponseMessage third = await Wire.PostAsync(http, Wire.Streamed);

        second.Dispose();
        (vllm.Running, vllm.Waiting, vllm.Aborted).Should().Be((1, 1, 1));

        first.Dispose();
        (vllm.Running, vllm.Waiting, vllm.Aborted).Should().Be((1, 0, 2));
        await (await third.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[5]);
    }

    [Fact]
    public async Task Waiting_until_idle_can_be_given_up()
    {
        using var vllm = FakeVllm.InMemory(Script.Empty.GoesSilent());
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        using var impatient = new CancellationTokenSource();
        Task idle = vllm.WhenIdleAsync(impatient.Token);

        await impatient.CancelAsync();

        await idle.Invoking(it => it).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_response_that_was_never_read_is_left_when_it_is_disposed()
    {
        using var vllm = FakeVllm.InMemory(Script.Empty.GoesSilent());
        using HttpClient http = vllm.CreateHttpClient();

        (await Wire.PostAsync(http, Wire.Streamed)).Dispose();

        vllm.Aborted.Should().Be(1);
    }
}
