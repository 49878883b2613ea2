using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter.Testing.Tests;

/// <summary>The tests that the readme shows, run as they stand there. That it shows these very lines is checked with the other pages.</summary>
public sealed class ReadmeTests
{
    // <flaky>
    [Fact]
    public async Task Half_a_call_is_never_run()
    {
        using var vllm = FakeVllm.InMemory(Script.Calls("get_weather", "{\"city\":", " \"Par").Cuts());

        var broken = await Assert.ThrowsAsync<IncompleteStreamException>(
            () => vllm.CreateAdapter().CompleteChatAsync("Do I need an umbrella?"));

        broken.Must().BeInterrupted().WithoutReadyCalls().WithWithheldCall("get_weather", WithheldReason.StreamBroken);
    }
    // </flaky>

    // <chain>
    [Fact]
    public async Task My_handler_keeps_every_promise()
    {
        foreach (Scenario scenario in Scenarios.All)
        {
            ScenarioResult result = await scenario.RunAsync(ScenarioTransports.InMemory, inner => new MyHandler { InnerHandler = inner });
            result.EnsureAsExpected();
        }
    }
    // </chain>

    // <agent>
    [Fact]
    public async Task My_agent_runs_the_call_that_nobody_confirmed()
    {
        using var vllm = FakeVllm.InMemory(
            Script.Replays(RecordedStreams.StoryWithoutFinishReason),
            Script.Says("Your number is 4.").Finishes("stop").Uses(30, 6).Done());
        var loop = new ToolLoop(vllm.CreateAdapter(), [Tool.From("get_random_number", "A random number.", () => "4")]);

        ToolLoopResult result = await loop.CompleteAsync(ChatRequest.FromPrompt("Give me a random number, please."));

        Assert.Equal("Your number is 4.", result.Text);
        Assert.Equal(2, vllm.Requests.Count);
    }
    // </agent>

    // <clock>
    [Fact]
    public async Task My_code_gives_up_after_two_minutes_of_silence()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Script.Says("Llamas").GoesSilent());

        Task<ChatAnswer> asking = vllm.CreateAdapter().CompleteChatAsync("How are llamas?");
        await clock.WhenTimerArmedAsync(TimeSpan.FromMinutes(2));   // the adapter waits now
        clock.Advance(TimeSpan.FromMinutes(2));                     // its patience ends

        (await Assert.ThrowsAsync<IncompleteStreamException>(() => asking)).Must().BeStalled().WithText("Llamas");
    }
    // </clock>

    [Fact]
    public async Task An_outcome_can_be_asserted_in_one_sentence()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("Sunny.").Done());
        ChatStream stream = vllm.CreateAdapter().StreamChatAsync("How is the weather?");
        await foreach (ChatChunk _ in stream)
        {
        }

        // <must>
        stream.Must().BeUnconfirmed().WithText("Sunny.").WithoutUsage().LeavingBudget(BudgetState.Indeterminate, BudgetLimits.OfTotal(1_000));
        // </must>
    }

    [Fact]
    public async Task An_application_is_pointed_at_the_server()
    {
        using var vllm = FakeVllm.InMemory(Script.Model.Says("Calm."));
        var services = new ServiceCollection();

        // <host>
        services.AddVllmAdapter(options => options.Endpoint = vllm.Endpoint).HttpClient.ConfigurePrimaryHttpMessageHandler(vllm.CreateHandler);
        // </host>

        await using ServiceProvider provider = services.BuildServiceProvider();
        (await provider.GetRequiredService<VllmInferenceAdapter>().CompleteChatAsync("How are llamas?")).Text.Should().Be("Calm.");
    }

    [Fact]
    public async Task What_was_recorded_is_served_again()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}");
        using var server = FakeVllm.InMemory(Script.Model.Says("Llamas are calm."));
        using HttpMessageHandler network = server.CreateHandler();
        try
        {
            // <recordings>
            using var http = new HttpClient(new RecordingHandler(folder) { InnerHandler = network });
            var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://localhost:8000") });
            await adapter.CompleteChatAsync("Tell me about llamas.");                               // writes exchange-0001.json

            using var vllm = FakeVllm.Replay(Path.Combine(folder, "exchange-0001.json"));           // and this serves it
            // </recordings>

            (await vllm.CreateAdapter().CompleteChatAsync("Tell me about llamas.")).Text.Should().Be("Llamas are calm.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class MyHandler : DelegatingHandler;
}
