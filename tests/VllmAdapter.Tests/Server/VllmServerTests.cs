using System.Net;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

public sealed class VllmServerTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    [Fact]
    public async Task A_lora_adapter_comes_and_goes_and_has_the_window_of_its_model()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = "base", ContextWindow = 4096 });
        VllmServer server = AdapterOf(vllm).Server;

        (await server.LoadLoraAsync("tuned", "/adapters/tuned")).Should().Contain("added successfully");
        IReadOnlyList<ModelCard> cards = await server.GetModelsAsync();
        (await server.UnloadLoraAsync("tuned")).Should().Contain("removed successfully");

        cards.Select(card => (card.Id, card.Parent, card.IsLora, card.ContextWindow))
            .Should().Equal(("base", null, false, 4096), ("tuned", "base", true, 4096));
        (await server.GetModelsAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Unloading_what_is_not_there_finds_no_model()
    {
        using var vllm = FakeVllm.InMemory();
        Func<Task> unloading = () => AdapterOf(vllm).Server.UnloadLoraAsync("nobody");

        (await unloading.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.ModelNotFound);
    }

    [Theory]
    [InlineData(403, RequestFailure.RouteNotFound)]
    [InlineData(404, RequestFailure.RouteNotFound)]
    [InlineData(405, RequestFailure.RouteNotFound)]
    [InlineData(401, RequestFailure.Unauthorized)]
    public async Task A_render_endpoint_that_is_switched_off_is_not_offered(int status, RequestFailure failure)
    {
        var canned = new CannedServer { Status = status, ContentType = "application/json", Pieces = [] };
        Func<Task> rendering = () => canned.NewAdapter().Server.RenderAsync(Hello);

        (await rendering.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(failure);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(500)]
    public async Task A_dead_engine_is_an_answer(int status)
    {
        CannedServer canned = Saying("", status, "text/plain");

        ServerHealth health = await canned.NewAdapter().Server.CheckHealthAsync();

        health.IsHealthy.Should().BeFalse();
        health.Reason.Should().Contain($"{status}");
    }

    [Theory]
    [InlineData("", null)]                                                             // vLLM
    [InlineData("OK", null)]                                                           // vllm-router
    [InlineData("{\"status\":\"healthy\"}", null)]                                      // production-stack
    [InlineData("{\"healthy_count\":2,\"unhealthy_count\":1}", null)]                    // LiteLLM
    [InlineData("{\"healthy_count\":0,\"unhealthy_count\":1}", "The gateway says that none of its servers is healthy.")]
    [InlineData("{\"status\":\"unhealthy\"}", "The gateway says that its status is \"unhealthy\".")]
    [InlineData("<html><title>Welcome to nginx!</title></html>", "The answer is a web page, so something other than vLLM is behind this address. Check the endpoint.")]
    [InlineData("{\"data\":[]}", "The answer {\"data\":[]} is neither vLLM's nor that of a known gateway. Check the endpoint.")]
    [InlineData("{\"status", "The answer {\"status is neither vLLM's nor that of a known gateway. Check the endpoint.")]
    [InlineData("Hello", "The answer \"Hello\" is neither vLLM's nor that of a known gateway. Check the endpoint.")]
    public async Task Healthy_is_what_vllm_or_a_known_gateway_answers(string body, string? problem)
    {
        ServerHealth health = await Saying(body, 200, "text/plain").NewAdapter().Server.CheckHealthAsync();

        health.Should().Be(new ServerHealth { IsHealthy = problem is null, Reason = problem });
    }

    [Fact]
    public async Task That_nobody_answers_is_no_health()
    {
        using var client = new HttpClient(new Unreachable());
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });
        Func<Task> checking = () => adapter.Server.CheckHealthAsync();

        (await checking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
    }

    [Theory]
    [InlineData("<html>Welcome</html>", "text/html", "JSON")]
    [InlineData("", "application/json", "JSON")]
    [InlineData("{\"data\": [", "application/json", "JSON")]
    [InlineData("{} {}", "application/json", "JSON")]
    [InlineData("[]", "application/json", "a list of models")]
    [InlineData("[1, \"a\", null]", "application/json", "a list of models")]
    [InlineData("{}", "application/json", "a list of models")]
    [InlineData("{\"data\": 7}", "application/json", "a list of models")]
    [InlineData("null", "application/json", "a list of models")]
    public async Task Whatever_else_answers_is_not_vllm_and_the_failure_says_what_was_expected(string body, string contentType, string expected)
    {
        Func<Task> listing = () => Saying(body, 200, contentType).NewAdapter().Server.GetModelsAsync();

        VllmRequestException failed = (await listing.Should().ThrowAsync<VllmRequestException>()).Which;
        failed.Failure.Should().Be(RequestFailure.UnexpectedContent);
        failed.Message.Should().Contain($"which is not {expected}").And.Contain("http://vllm.test/v1/models");
    }

    [Fact]
    public async Task A_gateways_models_without_a_window_are_models_still()
    {
        CannedServer gateway = Saying("""{"data":[{"id":"tiny","object":"model","owned_by":"openai"},{"object":"model"}]}""", 200, "application/json");

        (await gateway.NewAdapter().Server.GetModelsAsync()).Should().ContainSingle()
            .Which.Should().Be(new ModelCard { Id = "tiny", OwnedBy = "openai" });
    }

    [Fact]
    public async Task A_silent_server_is_given_up_after_the_limit_of_server_calls()
    {
        var canned = new CannedServer { ContentType = "application/json", Ending = BodyEnding.Silent };
        Func<Task> asking = () => canned.NewAdapter().Server.GetVersionAsync();

        VllmRequestException failed = (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
        failed.Failure.Should().Be(RequestFailure.Timeout);
        failed.Message.Should().Contain("30.0 s");
    }

    [Theory]
    [InlineData(16 * 1024 * 1024, false)]
    [InlineData((16 * 1024 * 1024) + 1, true)]
    public async Task An_answer_may_be_as_large_as_the_limit_and_a_larger_one_was_too_large(int size, bool isTooLarge)
    {
        var canned = new CannedServer { ContentType = "text/plain", Pieces = [new byte[size]] };
        Func<Task> asking = () => canned.NewAdapter().Server.GetMetricsAsync();

        if (!isTooLarge)
            await asking.Should().NotThrowAsync();
        else
            (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("more than 16,777,216 bytes").And.NotContain("which is not");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_answer_that_is_called_compressed_and_is_not_cannot_be_read(string encoding)
    {
        var canned = new CannedServer
        {
            ContentType = "application/json",
            Pieces = [System.Text.Encoding.UTF8.GetBytes("""{"version":"0.33.0"}""")],
            Headers = [("Content-Encoding", encoding)],
        };
        Func<Task> asking = () => canned.NewAdapter().Server.GetVersionAsync();

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().BeOneOf(RequestFailure.UnexpectedContent, RequestFailure.ConnectionFailed);
    }

    [Fact]
    public async Task A_compressed_answer_is_read_although_nobody_asked_for_one()
    {
        var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
            await gzip.WriteAsync("""{"version":"0.33.0"}"""u8.ToArray());

        var canned = new CannedServer { ContentType = "application/json", Pieces = [packed.ToArray()], Headers = [("Content-Encoding", "gzip")] };

        (await canned.NewAdapter().Server.GetVersionAsync()).Text.Should().Be("0.33.0");
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_a_failed_connection()
    {
        var canned = new CannedServer { ContentType = "application/json", Ending = BodyEnding.Broken };
        Func<Task> asking = () => canned.NewAdapter().Server.GetVersionAsync();

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_the_callers()
    {
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        using var vllm = FakeVllm.InMemory();
        Func<Task> asking = () => AdapterOf(vllm).Server.GetVersionAsync(canceled.Token);

        await asking.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Key_and_headers_go_with_the_question()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ApiKey = "secret" });
        VllmServer server = AdapterOf(vllm, new VllmAdapterOptions { ApiKey = "secret" }).Server;

        await server.GetModelsAsync();
        await server.TokenizeAsync(Hello with { Headers = new RequestHeaders { Session = "s1" } });

        vllm.Requests[0].Headers["Authorization"].Should().Be("Bearer secret");
        vllm.Requests[1].Headers["X-Session-ID"].Should().Be("s1");
    }

    [Fact]
    public async Task Only_what_the_prompt_depends_on_is_tokenized()
    {
        using var vllm = FakeVllm.InMemory();
        ChatRequest request = Hello with
        {
            Model = "m",
            MaxTokens = 5,
            Tools = [new ToolDefinition { Name = "f" }],
            Extra = new JsonObject { ["add_generation_prompt"] = false },
        };

        TokenizeResult tokens = await AdapterOf(vllm).Server.TokenizeAsync(request, withTexts: true);

        vllm.Requests.Single().Json!.AsObject().Select(field => field.Key)
            .Should().BeEquivalentTo("model", "messages", "tools", "add_generation_prompt", "return_token_strs");
        tokens.Texts.Should().HaveCount(tokens.Count);
    }

    [Fact]
    public async Task A_window_once_told_attributes_later_cuts()
    {
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { ContextWindow = 100 }, Script.Says("cut").Finishes("length").Uses(90, 10).Done());
        VllmInferenceAdapter adapter = AdapterOf(vllm);

        ChatAnswer before = await adapter.CompleteChatAsync(Hello);
        await adapter.Server.GetModelsAsync();
        ChatAnswer after = await adapter.CompleteChatAsync(Hello);
        ChatAnswer named = await adapter.CompleteChatAsync(Hello with { Model = "fake-model" });

        (before.Outcome.Evidence.Request.ContextWindow, before.Outcome.Limit).Should().Be((null, LengthLimit.Unattributed));
        (after.Outcome.Evidence.Request.ContextWindow, after.Outcome.Limit).Should().Be((100, LengthLimit.ContextWindow));
        named.Outcome.Limit.Should().Be(LengthLimit.ContextWindow);
    }

    [Fact]
    public async Task A_window_of_ones_own_outranks_what_was_told()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = 100 }, Script.Says("a").Finishes("stop").Done());
        VllmInferenceAdapter adapter = AdapterOf(vllm, new VllmAdapterOptions { ContextWindow = 50 });

        await adapter.Server.GetModelsAsync();

        (await adapter.CompleteChatAsync(Hello)).Outcome.Evidence.Request.ContextWindow.Should().Be(50);
    }

    [Fact]
    public async Task A_mark_of_byte_order_before_the_answer_is_passed_over() =>
        (await Saying("\uFEFF{\"version\":\"0.33.0\"}", 200, "application/json").NewAdapter().Server.GetVersionAsync()).Text.Should().Be("0.33.0");

    internal static VllmInferenceAdapter AdapterOf(FakeVllm vllm, VllmAdapterOptions? options = null) =>
        new(vllm.CreateHttpClient(), options ?? new VllmAdapterOptions());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Canceling_surfaces_with_the_callers_token(bool beforeTheHeaders)
    {
        using var caller = new CancellationTokenSource();
        using var http = new HttpClient(new Canceling(caller, beforeTheHeaders)) { BaseAddress = new Uri("http://vllm.test") };
        Func<Task> asking = () => new VllmInferenceAdapter(http, new VllmAdapterOptions()).Server.GetModelsAsync(caller.Token);

        (await asking.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(caller.Token);
    }

    private static CannedServer Saying(string body, int status, string contentType) => new()
    {
        Status = status,
        ContentType = contentType,
        Pieces = [System.Text.Encoding.UTF8.GetBytes(body)],
    };

    private sealed class Unreachable : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused.", statusCode: (HttpStatusCode?)null);
    }

    private sealed class Canceling(CancellationTokenSource caller, bool beforeTheHeaders) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!beforeTheHeaders)
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new CancelingStream(caller)) };

            await caller.CancelAsync();
            throw new TaskCanceledException("gone", null, cancellationToken);
        }
    }

    private sealed class CancelingStream(CancellationTokenSource caller) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await caller.CancelAsync();
            throw new TaskCanceledException("gone", null, cancellationToken);
        }
    }
}
