namespace VllmAdapter.Testing.Tests;

public sealed class CreateAdapterTests
{
    [Fact]
    public async Task The_adapter_goes_by_the_servers_clock()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Clock = clock }, Script.Says("one").GoesSilent());
        Task<ChatCompletion> answer = vllm.CreateAdapter(options => options.IncompleteStreams = IncompleteStreams.Report)
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

        ChatCompletion answer = await vllm.CreateAdapter(options => options.Model = "llama").CompleteChatAsync(ChatRequest.FromPrompt("Hello?"));

        answer.Must().BeCompleted().WithText("Hello.");
        ((string?)vllm.Requests.Single().Json?["model"]).Should().Be("llama");
    }
}
