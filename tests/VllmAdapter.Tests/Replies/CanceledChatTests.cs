using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Replies;

/// <summary>A gathering that its caller cancels does not lose what came.</summary>
public sealed class CanceledChatTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    [Fact]
    public async Task What_came_is_in_the_exception_with_the_callers_token()
    {
        using var canceling = new CancellationTokenSource();
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Cal", "m").CountsEveryChunk(9).GoesSilent());
        var chat = new CancelingAfter("Calm", canceling, vllm.CreateAdapter());

        Func<Task> ask = () => ((IVllmChat)chat).CompleteChatAsync(Hello, canceling.Token);

        ChatCanceledException canceled = (await ask.Should().ThrowAsync<ChatCanceledException>()).Which;
        canceled.CancellationToken.Should().Be(canceling.Token);
        (canceled.Received.Text, canceled.Received.Outcome.Verdict).Should().Be(("Calm", StreamVerdict.Canceled));
        canceled.Message.Should().EndWith("What came is in Received.");
    }

    [Fact]
    public async Task An_adapter_keeps_it_too_and_the_task_counts_as_canceled()
    {
        using var canceling = new CancellationTokenSource();
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Cal", "m").CountsEveryChunk(9).GoesSilent());
        Task<ChatAnswer> answering = vllm.CreateAdapter().CompleteChatAsync(Hello with { Termination = new CancelingWhenTwoCame(canceling) }, canceling.Token);

        ChatCanceledException canceled = (await answering.Awaiting(task => task).Should().ThrowAsync<ChatCanceledException>()).Which;

        answering.IsCanceled.Should().BeTrue();
        canceled.CancellationToken.Should().Be(canceling.Token);
        (canceled.Received.Text, canceled.Received.Outcome.Usage!.CompletionTokens).Should().Be(("Calm", 2));
    }

    [Fact]
    public async Task Canceled_before_anything_came_there_is_an_outcome_all_the_same()
    {
        using FakeVllm vllm = FakeVllm.InMemory();

        Func<Task> ask = () => vllm.CreateAdapter().CompleteChatAsync(Hello, new CancellationToken(canceled: true));

        ChatCanceledException canceled = (await ask.Should().ThrowAsync<ChatCanceledException>()).Which;
        (canceled.Received.Text, canceled.Received.Outcome.Verdict).Should().Be(("", StreamVerdict.Canceled));
        canceled.Message.Should().NotContain("Received");
    }

    /// <summary>Cancels as soon as so much was read.</summary>
    private sealed class CancelingAfter(string text, CancellationTokenSource canceling, IVllmChat inner) : IVllmChat
    {
        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
        {
            return ChatStream.Of(Chunks());

            async IAsyncEnumerable<ChatChunk> Chunks()
            {
                string read = "";
                await foreach (ChatChunk chunk in inner.StreamChatAsync(request, cancellationToken))
                {
                    yield return chunk;
                    if ((read += chunk.Text) == text)
                        await canceling.CancelAsync();
                }
            }
        }
    }

    private sealed class CancelingWhenTwoCame(CancellationTokenSource canceling) : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence)
        {
            if (evidence.Usage is { CompletionTokens: 2 })
                canceling.Cancel();

            return TerminationDecision.Continue;
        }
    }
}
