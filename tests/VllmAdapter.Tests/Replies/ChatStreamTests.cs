using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Replies;

/// <summary>Streams that come from elsewhere than a server: of decorators, of tests, of caches.</summary>
public sealed class ChatStreamTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    [Fact]
    public async Task An_answer_of_words_is_one_that_the_server_declared_whole()
    {
        ChatStream stream = ChatStream.Of(ChatAnswer.Of("Calm."));

        List<ChatChunk> chunks = await AllOf(stream);

        chunks.Select(chunk => chunk.Text).Should().Equal("Calm.", "");
        chunks[0].FinishReason.Should().Be(FinishReason.Stop);
        chunks[1].Outcome.Should().Be(stream.Outcome);
        (stream.Answer.Text, stream.Outcome.Verdict, stream.Outcome.Certainty).Should().Be(("Calm.", StreamVerdict.Completed, Certainty.Declared));
        stream.Answer.Usage.Should().BeNull("nobody counted, and missing is not zero");
    }

    [Fact]
    public void An_answer_of_words_can_be_read_as_JSON_and_go_into_a_history()
    {
        ChatAnswer.Of("""{"Name":"Tina"}""").TextAs<Llama>(System.Text.Json.JsonSerializerOptions.Default).Name.Should().Be("Tina");

        Hello.With(ChatAnswer.Of("Hi.")).Messages[^1].Should().BeOfType<AssistantMessage>().Which.Text.Should().Be("Hi.");
    }

    [Fact]
    public async Task An_answer_with_everything_comes_back_as_it_was()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Reasons("Hm. ").Says("Calm", ".").Calls("look", "{}").Finishes("tool_calls").Uses(9, 7).Done());
        ChatAnswer answer = await vllm.CreateAdapter().CompleteChatAsync(Hello with { Tools = [new ToolDefinition("look")] });
        ChatStream stream = ChatStream.Of(answer);

        await AllOf(stream);

        stream.Answer.Should().BeEquivalentTo(answer);
        answer.ToolCalls.Should().ContainSingle();
    }

    [Fact]
    public async Task An_answer_that_is_cut_is_handed_out_without_an_exception()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Cal").Cuts());
        ChatAnswer cut = await vllm.CreateAdapter(options => options.OnIncompleteStream = IncompleteStreamBehavior.Report).CompleteChatAsync(Hello);

        ChatStream stream = ChatStream.Of(cut);
        List<ChatChunk> chunks = await AllOf(stream);

        chunks[^1].Outcome!.Verdict.Should().Be(StreamVerdict.Interrupted);
        stream.Answer.Text.Should().Be("Cal");
    }

    [Fact]
    public async Task What_a_decorator_changes_is_in_the_answer()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("calm", " llamas").Finishes("stop").Uses(9, 2).Done());
        IVllmChat chat = new Shouting(vllm.CreateAdapter());

        ChatAnswer answer = await chat.CompleteChatAsync(Hello);

        (answer.Text, answer.Outcome.Verdict, answer.Usage!.CompletionTokens).Should().Be(("CALM LLAMAS", StreamVerdict.Completed, 2));
        Hello.With(answer.Outcome).Messages[^1].Should().BeOfType<AssistantMessage>().Which.Text.Should().Be("CALM LLAMAS");
    }

    [Fact]
    public async Task A_stream_that_is_wrapped_fails_as_it_did()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("calm").Cuts(), Script.Refuses(400, "No."));
        IVllmChat chat = new Shouting(vllm.CreateAdapter());

        IncompleteStreamException cut = (await chat.Awaiting(c => c.CompleteChatAsync(Hello)).Should().ThrowAsync<IncompleteStreamException>()).Which;
        await chat.Awaiting(c => c.CompleteChatAsync(Hello)).Should().ThrowAsync<VllmRequestException>();

        cut.Received.Text.Should().Be("calm", "the inner stream threw it");
    }

    [Fact]
    public async Task Chunks_without_an_outcome_are_refused_with_the_way_out()
    {
        ChatStream stream = ChatStream.Of(Chunks(new ChatChunk { Text = "Calm." }));

        await stream.Awaiting(s => AllOf(s)).Should().ThrowAsync<InvalidOperationException>().WithMessage("The chunks ended without an outcome*ChatChunk.Outcome*");
    }

    [Fact]
    public async Task A_decorated_stream_that_is_left_or_canceled_keeps_what_came()
    {
        using var canceling = new CancellationTokenSource();
        ChatChunk begun = new() { Text = "Cal", Usage = new TokenUsage { PromptTokens = 9, CompletionTokens = 1 } };
        ChatStream left = ChatStream.Of(Chunks(begun, new ChatChunk { Text = "m." }));
        ChatStream canceled = ChatStream.Of(ThenCanceled(begun, canceling));
        await canceling.CancelAsync();

        await foreach (ChatChunk chunk in left)
            break;
        await canceled.Awaiting(s => AllOf(s)).Should().ThrowAsync<OperationCanceledException>();

        (left.Answer.Text, left.Outcome.Verdict).Should().Be(("Cal", StreamVerdict.Abandoned));
        (canceled.Answer.Text, canceled.Outcome.Verdict, canceled.Outcome.Usage!.TotalTokens).Should().Be(("Cal", StreamVerdict.Canceled, 10));
    }

    [Fact]
    public void Nothing_is_no_stream()
    {
        FluentActions.Invoking(() => ChatStream.Of((ChatAnswer)null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => ChatStream.Of((IAsyncEnumerable<ChatChunk>)null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => ChatAnswer.Of(null!)).Should().Throw<ArgumentNullException>();
    }

    private static async Task<List<ChatChunk>> AllOf(ChatStream stream)
    {
        List<ChatChunk> chunks = [];
        await foreach (ChatChunk chunk in stream)
            chunks.Add(chunk);

        return chunks;
    }

    private static async IAsyncEnumerable<ChatChunk> Chunks(params ChatChunk[] chunks)
    {
        foreach (ChatChunk chunk in chunks)
            yield return chunk;

        await Task.CompletedTask;
    }

    private static async IAsyncEnumerable<ChatChunk> ThenCanceled(ChatChunk chunk, CancellationTokenSource canceling)
    {
        yield return chunk;
        await Task.Delay(Timeout.Infinite, canceling.Token);
    }

    private sealed class Shouting(IVllmChat inner) : IVllmChat
    {
        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
        {
            return ChatStream.Of(Shout());

            async IAsyncEnumerable<ChatChunk> Shout()
            {
                await foreach (ChatChunk chunk in inner.StreamChatAsync(request, cancellationToken))
                    yield return chunk with { Text = chunk.Text.ToUpperInvariant() };
            }
        }
    }

    private sealed record Llama(string Name);
}
