using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Server;

/// <summary>A call that the context window cut looks whole where nobody told the window, so it is asked for beside the request.</summary>
public sealed class LearnedWindowTests
{
    private const int Window = 2048;

    private static readonly ChatRequest Plan = ChatRequest.FromPrompt("Plan.") with { MaxTokens = 1024, Tools = [new ToolDefinition("save_plan")] };
    private static readonly ScriptedReply CutByTheWindow = Script.Calls("save_plan", "{\"title\": \"Trip\"}").Finishes("tool_calls").Uses(1900, 148).Done();

    [Fact]
    public async Task A_call_that_ends_at_a_learned_window_is_cut()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = Window }, CutByTheWindow);

        StreamOutcome outcome = await OutcomeAsync(vllm, learns: true);

        (outcome.Verdict, outcome.Limit, outcome.Certainty).Should().Be((StreamVerdict.LengthLimited, LengthLimit.ContextWindow, Certainty.Inferred));
        outcome.WithheldToolCalls.Should().ContainSingle().Which.Reason.Should().Be(WithheldReason.ChoiceCut);
        outcome.Evidence.Request.ContextWindow.Should().Be(Window);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    public async Task On_a_client_of_the_callers_nothing_is_asked_and_a_note_says_that_a_cut_cannot_be_excluded(bool? learns)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = Window }, CutByTheWindow);

        StreamOutcome outcome = await OutcomeAsync(vllm, learns);

        (outcome.Verdict, outcome.ToolCalls.Count).Should().Be((StreamVerdict.Completed, 1));
        outcome.Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.CutNotExcluded);
        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task It_is_asked_once_and_only_where_tools_are_declared()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = Window }, Script.Says("Hello").Finishes("stop").Uses(9, 1).Done());
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), new VllmAdapterOptions { LearnContextWindow = true });
        await adapter.CompleteChatAsync(Plan with { Tools = [] });
        vllm.Requests.Should().ContainSingle();
        for (int call = 0; call < 3; call++)
            await adapter.CompleteChatAsync(Plan);

        vllm.Requests.Count(request => request.Path.EndsWith("/models", StringComparison.Ordinal)).Should().Be(1);
    }

    /// <summary>Time stands still here: a wait for the window would never end.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_leaves_or_cancels_does_not_wait_for_the_window(bool isCanceled)
    {
        using var client = new HttpClient(new SilentAboutModels()) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { LearnContextWindow = true }, new ManualTimeProvider());
        using var canceled = new CancellationTokenSource();
        IAsyncEnumerator<ChatChunk> chunks = adapter.StreamChatAsync(Plan, canceled.Token).GetAsyncEnumerator();
        await chunks.MoveNextAsync();
        if (isCanceled)
        {
            await canceled.CancelAsync();
            await chunks.Invoking(one => one.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<OperationCanceledException>();
        }

        await chunks.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed class SilentAboutModels : HttpMessageHandler
    {
        private const string Call = """data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"save_plan","arguments":"{}"}}]}}]}""" + "\n\n";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri!.AbsolutePath.EndsWith("/models", StringComparison.Ordinal)
                ? new TaskCompletionSource<HttpResponseMessage>().Task.WaitAsync(cancellationToken)
                : Task.FromResult(new HttpResponseMessage { Content = new StringContent(Call, System.Text.Encoding.UTF8, "text/event-stream"), RequestMessage = request });
    }

    private static async Task<StreamOutcome> OutcomeAsync(FakeVllm vllm, bool? learns)
    {
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), new VllmAdapterOptions { LearnContextWindow = learns });
        return (await adapter.CompleteChatAsync(Plan)).Outcome;
    }
}
