namespace VllmAdapter.Testing.Tests;

public sealed class CreateAdapterTests
{
    [Fact]
    public async Task The_adapter_goes_by_the_servers_clock()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, Script.Says("one").GoesSilent());
        Task<ChatAnswer> answer = vllm.CreateAdapter(options => options.OnIncompleteStream = IncompleteStreamBehavior.Report)
            .CompleteChatAsync(ChatRequest.FromPrompt("Hello?"));

        await clock.WhenTimerArmedAsync(TimeSpan.FromMinutes(2));
        clock.Advance(TimeSpan.FromMinutes(2));

        (await answer).Must().BeStalled().WithText("one");
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task The_adapter_reaches_a_started_server()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").Finishes("stop").Done());

        ChatAnswer answer = await vllm.CreateAdapter(options => options.Model = "fake-model").CompleteChatAsync(ChatRequest.FromPrompt("Hello?"));

        answer.Must().BeCompleted().WithText("Hello.");
        ((string?)vllm.Requests.Single().Json?["model"]).Should().Be("fake-model");
    }

    [Fact]
    public async Task A_script_can_be_chosen_for_each_request()
    {
        static ScriptedReply Echo(ReceivedRequest request) => Script.Model.Says($"{request.Json!["max_tokens"]} at most.");
        await using FakeVllm started = await FakeVllm.StartAsync(Echo);
        using var inMemory = FakeVllm.InMemory(Echo);

        foreach (FakeVllm vllm in new[] { started, inMemory })
        {
            VllmInferenceAdapter adapter = vllm.CreateAdapter();
            (await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello?") with { MaxTokens = 20 })).Text.Should().Be("20 at most.");
            (await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello?") with { MaxTokens = 30 })).Text.Should().Be("30 at most.");
        }
    }
}
