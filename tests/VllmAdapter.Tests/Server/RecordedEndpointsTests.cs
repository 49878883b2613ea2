using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

/// <summary>Every recorded answer of the endpoints beside the chat, asked for through the public API.</summary>
public sealed class RecordedEndpointsTests
{
    [Theory]
    [InlineData("vllm-0.8.5")]
    [InlineData("vllm-0.11.0")]
    [InlineData("vllm-0.20.2")]
    [InlineData("vllm-0.32.0")]
    public async Task Models(string version)
    {
        IReadOnlyList<ModelCard> cards = await ServerOf($"{version}/general/models").GetModelsAsync();

        cards.Should().ContainSingle().Which.Should().Be(
            new ModelCard { Id = "tiny", Root = "tiny-llama", ContextWindow = 2048, OwnedBy = "vllm" });
    }

    [Theory]
    [InlineData("vllm-0.8.5", "0.8.5")]
    [InlineData("vllm-0.32.0", "0.32.0")]
    public async Task Version(string server, string text)
    {
        ServerVersion version = await ServerOf($"{server}/general/version").GetVersionAsync();

        (version.Text, version.Number).Should().Be((text, System.Version.Parse(text)));
    }

    [Theory]
    [InlineData("vllm-0.8.5/general/health")]
    [InlineData("vllm-0.32.0/general/health")]
    [InlineData("vllm-0.8.5/general/ping")]
    [InlineData("vllm-0.32.0/general/ping")]
    public async Task Health(string path) => (await ServerOf(path).CheckHealthAsync()).Should().Be(new ServerHealth { IsHealthy = true });

    [Theory]
    [InlineData("vllm-0.8.5")]
    [InlineData("vllm-0.32.0")]
    public async Task Load(string version) => (await ServerOf($"{version}/general/load").GetLoadAsync()).Should().Be(0);

    [Theory]
    [InlineData("vllm-0.8.5", "tokenize-prompt", 4, false)]
    [InlineData("vllm-0.32.0", "tokenize-prompt", 4, false)]
    [InlineData("vllm-0.8.5", "tokenize-chat", 14, false)]
    [InlineData("vllm-0.32.0", "tokenize-chat", 110, false)]
    [InlineData("vllm-0.8.5", "tokenize-chat-strings", 14, false)]
    [InlineData("vllm-0.32.0", "tokenize-chat-strings", 14, true)]
    public async Task Tokens(string version, string name, int count, bool withTexts)
    {
        TokenizeResult tokens = await ServerOf($"{version}/general/{name}").TokenizeAsync("hello there");

        tokens.Count.Should().Be(count);
        tokens.Ids.Should().HaveCount(count);
        tokens.ContextWindow.Should().Be(2048);
        (tokens.Texts?.Count).Should().Be(withTexts ? count : null);
    }

    [Theory]
    [InlineData("vllm-0.8.5")]
    [InlineData("vllm-0.32.0")]
    public async Task Text_of_tokens(string version) =>
        (await ServerOf($"{version}/general/detokenize").DetokenizeAsync([100, 200, 300])).Should().Be("\uFFFD\tion");

    [Fact]
    public async Task A_rendered_chat()
    {
        RenderedPrompt rendered = await ServerOf("vllm-0.32.0/general/render-chat").RenderAsync(ChatRequest.FromPrompt("Hello."));

        rendered.TokenIds.Should().HaveCount(20).And.StartWith([1, 1560]);
        rendered.MaxTokens.Should().Be(200);
        rendered.Sampling["repetition_penalty"]!.GetValue<double>().Should().Be(1.0);
    }

    [Theory]
    [InlineData("vllm-0.8.5/general/render-chat")]
    [InlineData("vllm-0.8.5/general/server-info")]
    [InlineData("vllm-0.32.0/general/server-info")]
    [InlineData("vllm-0.8.5/general/error-not-found-path")]
    [InlineData("vllm-0.32.0/general/error-not-found-path")]
    public async Task A_missing_endpoint_is_not_offered(string path)
    {
        Func<Task> rendering = () => ServerOf(path).RenderAsync(ChatRequest.FromPrompt("Hello."));

        (await rendering.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.RouteNotFound);
    }

    [Theory]
    [InlineData("vllm-0.8.5", 4401, 1463, 22, 17)]
    [InlineData("vllm-0.32.0", 6444, 1063, 26, 15)]
    public async Task Metrics(string version, long prompt, long generation, long stopped, long cut)
    {
        ServerMetrics metrics = await ServerOf($"{version}/general/metrics").GetMetricsAsync();

        (metrics.Running, metrics.Waiting, metrics.CacheUsage, metrics.Preemptions).Should().Be((0, 0, 0.0, 0L));
        (metrics.PromptTokens, metrics.GenerationTokens).Should().Be((prompt, generation));
        metrics.FinishedRequests["stop"].Should().Be(stopped);
        metrics.FinishedRequests["length"].Should().Be(cut);
        metrics.Samples.Count.Should().Be(metrics.Text.Split('\n').Count(line => line.Length > 0 && line[0] != '#'));
    }

    [Fact]
    public async Task Metrics_that_a_version_lacks_are_null()
    {
        (await ServerOf("vllm-0.8.5/general/metrics").GetMetricsAsync()).PrefixCacheHitRate.Should().BeNull();
        (await ServerOf("vllm-0.32.0/general/metrics").GetMetricsAsync()).PrefixCacheHitRate.Should().BeApproximately(3584.0 / 6428, 1e-9);
        ServerMetrics.Parse("").Running.Should().BeNull();
    }

    private static VllmServer ServerOf(string recording) => CannedServer.Replaying(Recording.At(recording)).NewAdapter().Server;
}
