using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Agents;

/// <summary>A loop runs on any chat: an adapter, a decorator of one, or what a test puts in its place.</summary>
public sealed class LoopChatTests
{
    private static readonly ChatRequest Go = new() { Messages = [VllmMessage.User("Go.")], MaxTokens = 100 };

    [Fact]
    public async Task A_test_needs_no_server()
    {
        var chat = new Answering(ChatAnswer.Of("It is 4."));

        ToolLoopResult result = await new ToolLoop(chat, [LoopPlay.Random()]).CompleteAsync(Go);

        (result.Verdict, result.Text).Should().Be((ToolLoopVerdict.Answered, "It is 4."));
        chat.Asked.Should().ContainSingle().Which.Tools.Should().ContainSingle();
    }

    [Fact]
    public async Task A_decorated_adapter_runs_calls_as_the_adapter_does()
    {
        using FakeVllm vllm = FakeVllm.InMemory(LoopPlay.Calling("get_random_number", "{}"), LoopPlay.Answer);

        ToolLoopResult result = await new ToolLoop(new Passing(vllm.CreateAdapter()), [LoopPlay.Random()]).CompleteAsync(Go);

        (result.Verdict, result.Text, result.Calls.Count).Should().Be((ToolLoopVerdict.Answered, "It is 4.", 1));
    }

    [Theory]
    [InlineData(IncompleteStreamBehavior.Throw, ToolLoopVerdict.Answered)]
    [InlineData(IncompleteStreamBehavior.ThrowUnlessConfirmed, ToolLoopVerdict.Incomplete)]
    public async Task What_the_adapter_says_of_unconfirmed_ends_holds_behind_a_decorator_too(IncompleteStreamBehavior behavior, ToolLoopVerdict verdict)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("It is 4.").Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.OnIncompleteStream = behavior);

        (await new ToolLoop(adapter, []).CompleteAsync(Go)).Verdict.Should().Be(verdict);
        (await new ToolLoop(new Passing(adapter), []).CompleteAsync(Go)).Verdict.Should().Be(verdict);
    }

    [Fact]
    public async Task A_chat_that_throws_although_a_report_was_asked_for_ends_a_turn_and_not_the_run()
    {
        StreamOutcome cut = OutcomeJudge.Decide(new StreamEvidence { Chunks = 1 }, TerminationCause.IdleTimeout);
        var chat = new Answering(new ChatAnswer { Outcome = cut }, throws: true);

        ToolLoopResult result = await new ToolLoop(chat, [], new() { MaxRepeats = 1 }).CompleteAsync(Go);

        (result.Verdict, result.Turns.Count).Should().Be((ToolLoopVerdict.Incomplete, 2));
    }

    [Fact]
    public async Task A_refusal_that_a_test_makes_is_the_loops_own_failure()
    {
        var chat = new Answering(refusal: new VllmRequestException("The queue is full.", RequestFailure.Overloaded));

        await new ToolLoop(chat, []).Awaiting(loop => loop.CompleteAsync(Go)).Should().ThrowAsync<VllmRequestException>().WithMessage("The queue is full.");
    }

    private sealed class Passing(IVllmChat inner) : IVllmChat
    {
        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
            ChatStream.Of(Pass(inner.StreamChatAsync(request, cancellationToken)));

        private static async IAsyncEnumerable<ChatChunk> Pass(ChatStream stream)
        {
            await foreach (ChatChunk chunk in stream)
                yield return chunk;
        }
    }

    private sealed class Answering(ChatAnswer? answer = null, bool throws = false, VllmRequestException? refusal = null) : IVllmChat
    {
        public List<ChatRequest> Asked { get; } = [];

        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
        {
            Asked.Add(request);
            return throws || refusal is not null ? ChatStream.Of(Failing()) : ChatStream.Of(answer!);
        }

        private async IAsyncEnumerable<ChatChunk> Failing()
        {
            await Task.CompletedTask;
            if (refusal is not null)
                throw refusal;

            yield return new ChatChunk { Outcome = answer!.Outcome };
            throw new IncompleteStreamException(answer.Outcome, answer);
        }
    }
}
