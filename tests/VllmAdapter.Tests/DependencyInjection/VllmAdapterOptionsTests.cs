using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.DependencyInjection;

public sealed class VllmAdapterOptionsTests
{
    public static TheoryData<Action<VllmAdapterOptions>, string> Unusable => new()
    {
        {
            o => o.Endpoint = new Uri("/v1", UriKind.Relative),
            "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"/v1\"."
        },
        {
            o => o.Endpoint = new Uri("localhost:8000"),
            "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"localhost:8000\"."
        },
        { o => o.ContextWindow = 0, "ContextWindow must be at least 1 token, or null if it is not known, but is 0." },
        { o => o.MaxEventBytes = 1023, "MaxEventBytes must be at least 1024, but is 1023." },
        { o => o.ApiKey = "two words", "ApiKey must consist of visible ASCII characters, without white space; leave it null for none." },
        { o => o.ApiKey = "key\n", "ApiKey ends with a line break, as text from a file does; trim it." },
        { o => o.ApiKey = " key", "ApiKey begins or ends with white space; trim it." },
        { o => o.ApiKey = "Bearer key", "ApiKey begins with \"Bearer\", which is added automatically; leave it out." },
        { o => o.Model = " ", "Model must not be empty; leave it null to let the server choose." },
        { o => o.OnIncompleteStream = (IncompleteStreamBehavior)9, "OnIncompleteStream must be one of Throw, Report, ThrowUnlessConfirmed, but is 9." },
        { o => o.UsageReporting = (UsageReporting)9, "UsageReporting must be one of Continuous, Final, None, but is 9." },
        { o => o.TimeLimits = null!, "TimeLimits must not be null. Leave it out for the defaults." },
        { o => o.TimeLimits.Connect = TimeSpan.Zero, "TimeLimits.Connect must be longer than zero, but is 00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.Headers = TimeSpan.FromSeconds(-1), "TimeLimits.Headers must be longer than zero, but is -00:00:01. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.FirstChunk = TimeSpan.Zero, "TimeLimits.FirstChunk must be longer than zero, but is 00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.BetweenChunks = TimeSpan.Zero, "TimeLimits.BetweenChunks must be longer than zero, but is 00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.Grace = TimeSpan.Zero, "TimeLimits.Grace must be longer than zero, but is 00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.Total = TimeSpan.Zero, "TimeLimits.Total must be longer than zero, but is 00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.ServerCall = TimeSpan.Zero, "TimeLimits.ServerCall must be longer than zero, but is 00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.FirstChunk = TimeSpan.FromDays(25), "TimeLimits.FirstChunk must be at most 24 days, but is 25.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.BetweenChunks = TimeSpan.FromDays(25), "TimeLimits.BetweenChunks must be at most 24 days, but is 25.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.Grace = TimeSpan.FromDays(25), "TimeLimits.Grace must be at most 24 days, but is 25.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.Total = TimeSpan.FromDays(60), "TimeLimits.Total must be at most 24 days, but is 60.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.ServerCall = TimeSpan.FromDays(60), "TimeLimits.ServerCall must be at most 24 days, but is 60.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => (o.MaxEventBytes, o.MaxReplyBytes) = (4096, 4095), "MaxReplyBytes must be at least MaxEventBytes, because a reply contains its events, but they are 4095 and 4096." },
        { o => o.Endpoint = new Uri("http://user:secret@localhost"), "Endpoint must not contain a user name or password, which would never be sent, but \"http://localhost\" has them. Set ApiKey, or send the Authorization header (RequestHeaders.Additional)." },
        { o => o.TimeLimits.Connect = TimeSpan.FromDays(25), "TimeLimits.Connect must be at most 24 days, but is 25.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
        { o => o.TimeLimits.Headers = TimeSpan.FromDays(25), "TimeLimits.Headers must be at most 24 days, but is 25.00:00:00. Use Timeout.InfiniteTimeSpan for no limit." },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task An_option_that_cannot_be_used_stops_the_host_with_its_name_and_the_remedy(
        Action<VllmAdapterOptions> configure, string message)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddVllmAdapter(Usable).Services.Configure(configure);
        using IHost host = builder.Build();

        OptionsValidationException thrown = (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).Which;

        thrown.Failures.Should().Equal(message);
    }

    [Fact]
    public void The_message_names_the_adapter_of_several()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddVllmAdapter("chat", Usable).Services
            .AddVllmAdapter("batch").Services
            .BuildServiceProvider();

        provider.GetRequiredKeyedService<VllmInferenceAdapter>("chat").Should().NotBeNull();
        provider.Invoking(p => p.GetRequiredKeyedService<VllmInferenceAdapter>("batch")).Should().Throw<OptionsValidationException>().Which
            .Message.Should().Be("Adapter \"batch\": Endpoint is not set. Set it to the server's address, such as http://localhost:8000.");
    }

    [Fact]
    public void All_problems_are_named_at_once()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddVllmAdapter(o => (o.MaxEventBytes, o.ContextWindow) = (0, -1)).Services
            .BuildServiceProvider();

        provider.Invoking(p => p.GetRequiredService<VllmInferenceAdapter>()).Should().Throw<OptionsValidationException>().Which
            .Failures.Should().HaveCount(3);
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_constructor_refuses_the_same_options(Action<VllmAdapterOptions> configure, string message)
    {
        var options = new VllmAdapterOptions();
        Usable(options);
        configure(options);

        FluentActions.Invoking(() => new VllmInferenceAdapter(options.Endpoint!, options)).Should().Throw<ArgumentException>()
            .WithMessage($"{message}*");
    }

    [Fact]
    public void No_limit_is_a_limit_that_can_be_set()
    {
        var options = new VllmAdapterOptions
        {
            TimeLimits =
            {
                Connect = Timeout.InfiniteTimeSpan, Headers = Timeout.InfiniteTimeSpan, FirstChunk = Timeout.InfiniteTimeSpan,
                BetweenChunks = Timeout.InfiniteTimeSpan, Grace = Timeout.InfiniteTimeSpan, Total = Timeout.InfiniteTimeSpan,
                ServerCall = Timeout.InfiniteTimeSpan,
            },
            Resilience = { MaxDelay = Timeout.InfiniteTimeSpan },
        };

        FluentActions.Invoking(() => new VllmInferenceAdapter(new Uri("http://localhost:8000"), options)).Should().NotThrow();
    }

    [Fact]
    public async Task An_empty_key_is_no_key()
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        VllmInferenceAdapter adapter = vllm.CreateAdapter(o => o.ApiKey = "");

        await adapter.CompleteChatAsync("Hello.");

        vllm.Requests.Should().ContainSingle().Which.Headers.Should().NotContainKey("Authorization");
    }

    [Fact]
    public async Task Without_limits_an_answer_may_take_as_long_as_it_likes()
    {
        var clock = new ManualTimeProvider();
        using FakeVllm vllm = FakeVllm.InMemory(
            new FakeVllmOptions { TimeProvider = clock },
            Script.Model.Pauses(TimeSpan.FromDays(2)).Says("Hel").Pauses(TimeSpan.FromDays(2)).Says("lo"));
        using HttpClient http = vllm.CreateHttpClient();
        var options = new VllmAdapterOptions
        {
            TimeLimits = { FirstChunk = Timeout.InfiniteTimeSpan, BetweenChunks = Timeout.InfiniteTimeSpan, Total = Timeout.InfiniteTimeSpan },
        };

        Task<ChatAnswer> answer = new VllmInferenceAdapter(http, options, clock).CompleteChatAsync(ChatRequest.FromPrompt("Hello."));
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromHours(6));
            await Task.Yield();
        }

        (await answer).Text.Should().Be("Hello");
    }

    [Fact]
    public async Task What_is_changed_inside_the_options_later_does_not_reach_the_adapter()
    {
        var clock = new ManualTimeProvider();
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Script.Model.Says("Hello").HeadersAfter(TimeSpan.FromSeconds(9)));
        using HttpClient http = vllm.CreateHttpClient();
        var options = new VllmAdapterOptions { Resilience = { MaxAttempts = 1, CircuitBreaker = new CircuitBreakerOptions() } };
        var adapter = new VllmInferenceAdapter(http, options, clock);

        options.TimeLimits.Headers = TimeSpan.FromSeconds(1);
        options.Resilience.CircuitBreaker.FailureRatio = 7;
        Task<ChatAnswer> answer = adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello."));
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(3));
            await Task.Yield();
        }

        (await answer).Text.Should().Be("Hello");
    }

    [Fact]
    public async Task An_adapter_keeps_the_options_that_it_was_made_with()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null });
        using HttpClient http = vllm.CreateHttpClient();
        var options = new VllmAdapterOptions { Model = "granite" };
        var adapter = new VllmInferenceAdapter(http, options);

        options.Model = "llama";
        await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello."));

        vllm.Requests.Should().ContainSingle().Which.Json!["model"]!.GetValue<string>().Should().Be("granite");
    }

    private static void Usable(VllmAdapterOptions options) => options.Endpoint = new Uri("http://localhost:8000");
}
