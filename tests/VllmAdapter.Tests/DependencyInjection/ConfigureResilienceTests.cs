using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.DependencyInjection;

public sealed class ConfigureResilienceTests
{
    [Theory]
    [InlineData("")]
    [InlineData("batch")]
    public async Task The_pipeline_takes_the_place_of_the_options(string name)
    {
        using var vllm = FakeVllm.InMemory(
            Script.Replies(503), Script.Replies(503), Script.Replies(503), Script.Replies(503), Script.Says("Hello").Finishes("stop").Done());
        var services = new ServiceCollection();
        services.AddVllmAdapter(name, options => options.Endpoint = vllm.Endpoint)
            .ConfigureResilience(pipeline => pipeline.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 4,
                Delay = TimeSpan.Zero,
                ShouldHandle = new PredicateBuilder().Handle<VllmRequestException>(failure => failure.IsRetryable),
            }))
            .HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatAnswer answer = await Resolve(provider, name).CompleteChatAsync(ChatRequest.FromPrompt("Hello."));

        (answer.Text, answer.Outcome.Attempts).Should().Be(("Hello", 5));
    }

    [Fact]
    public async Task It_is_made_once_however_often_the_options_are_read()
    {
        int made = 0;
        var services = new ServiceCollection();
        services.AddVllmAdapter(options => options.Endpoint = new Uri("http://vllm.test")).ConfigureResilience(_ => made++);
        await using ServiceProvider provider = services.BuildServiceProvider();

        Resolve(provider, "");
        provider.GetRequiredService<IOptionsMonitorCache<VllmAdapterOptions>>().Clear();
        Resolve(provider, "");
        for (int i = 0; i < 3; i++)
        {
            await using AsyncServiceScope scope = provider.CreateAsyncScope();
            _ = scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<VllmAdapterOptions>>().Value;
        }

        made.Should().Be(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("batch")]
    public async Task The_last_one_counts_and_only_for_its_adapter(string name)
    {
        List<string> made = [];
        var services = new ServiceCollection();
        services.AddVllmAdapter("other", options => options.Endpoint = new Uri("http://vllm.test")).ConfigureResilience(_ => made.Add("other"));
        services.AddVllmAdapter(name, options => options.Endpoint = new Uri("http://vllm.test"))
            .ConfigureResilience(_ => made.Add("first"))
            .ConfigureResilience(_ => made.Add("last"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        Resolve(provider, name);

        made.Should().Equal("last");
    }

    [Fact]
    public async Task It_runs_on_the_clock_of_the_services()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Script.GoesSilent());
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddVllmAdapter(options => options.Endpoint = vllm.Endpoint)
            .ConfigureResilience(pipeline => pipeline.AddTimeout(TimeSpan.FromSeconds(7)))
            .HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        await using ServiceProvider provider = services.BuildServiceProvider();

        Task<ChatAnswer> asking = Resolve(provider, "").CompleteChatAsync(ChatRequest.FromPrompt("Hello."));
        await clock.WhenTimerArmedAsync(TimeSpan.FromSeconds(7));
        clock.Advance(TimeSpan.FromSeconds(7));

        (await asking.Awaiting(one => one).Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.Timeout);
    }

    private static VllmInferenceAdapter Resolve(IServiceProvider provider, string name) =>
        name.Length == 0 ? provider.GetRequiredService<VllmInferenceAdapter>() : provider.GetRequiredKeyedService<VllmInferenceAdapter>(name);
}
