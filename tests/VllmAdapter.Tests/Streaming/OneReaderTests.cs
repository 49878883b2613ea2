using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Streaming;

/// <summary>A stream has one reader. Who calls while a call is under way is told so, and the stream goes on as if he had not.</summary>
public sealed class OneReaderTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    public static TheoryData<string, Func<FakeVllm, ChatStream>> Streams => new()
    {
        { "one request", vllm => vllm.CreateAdapter().StreamChatAsync(Hello) },
        { "several that are stitched together", vllm => vllm.CreateAdapter().StreamChatAsync(Hello with { Recovery = StreamRecovery.Continue() }) },
        { "chunks from elsewhere", vllm => ChatStream.Of(Through(vllm.CreateAdapter().StreamChatAsync(Hello))) },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_call_while_one_is_under_way_is_refused_and_changes_nothing(string what, Func<FakeVllm, ChatStream> of)
    {
        var gate = new TaskCompletionSource();
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Cal").WaitsFor(gate.Task).Says("m.").Finishes("stop").Uses(9, 2).Done());
        ChatStream stream = of(vllm);
        IAsyncEnumerator<ChatChunk> chunks = stream.GetAsyncEnumerator();
        string text = await ReadUntilItWaitsAsync(chunks);
        ValueTask<bool> underWay = chunks.MoveNextAsync();
        underWay.IsCompleted.Should().BeFalse(what);

        await chunks.Awaiting(c => c.MoveNextAsync().AsTask()).Should().ThrowAsync<InvalidOperationException>()
            .WithMessage("MoveNextAsync was called while MoveNextAsync is under way.*await that call first*cancel the token.");
        await chunks.Awaiting(c => c.DisposeAsync().AsTask()).Should().ThrowAsync<InvalidOperationException>()
            .WithMessage("DisposeAsync was called while MoveNextAsync is under way.*");

        gate.SetResult();
        for (bool more = await underWay; more; more = await chunks.MoveNextAsync())
            text += chunks.Current.Text;
        await chunks.DisposeAsync();

        text.Should().Be("Calm.");
        stream.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Fact]
    public async Task Before_the_first_chunk_too()
    {
        var gate = new TaskCompletionSource();
        using FakeVllm vllm = FakeVllm.InMemory(Script.Empty.WithoutRole().WaitsFor(gate.Task).Says("Calm.").Finishes("stop").Done());
        IAsyncEnumerator<ChatChunk> chunks = vllm.CreateAdapter().StreamChatAsync(Hello).GetAsyncEnumerator();
        ValueTask<bool> underWay = chunks.MoveNextAsync();

        await chunks.Awaiting(c => c.DisposeAsync().AsTask()).Should().ThrowAsync<InvalidOperationException>();

        gate.SetResult();
        (await underWay).Should().BeTrue();
        await chunks.DisposeAsync();
        await chunks.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task After_a_failure_it_can_be_let_go_of(string what, Func<FakeVllm, ChatStream> of)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Refuses(400, "No."));
        IAsyncEnumerator<ChatChunk> chunks = of(vllm).GetAsyncEnumerator();

        await chunks.Awaiting(c => c.MoveNextAsync().AsTask()).Should().ThrowAsync<VllmRequestException>(what);

        await chunks.DisposeAsync();
    }

    // Until a read is not over at once: the rest waits behind the gate.
    private static async Task<string> ReadUntilItWaitsAsync(IAsyncEnumerator<ChatChunk> chunks)
    {
        string text = "";
        while (text.Length < 3)
        {
            (await chunks.MoveNextAsync()).Should().BeTrue();
            text += chunks.Current.Text;
        }

        return text;
    }

    private static async IAsyncEnumerable<ChatChunk> Through(ChatStream stream)
    {
        await foreach (ChatChunk chunk in stream)
            yield return chunk;
    }
}
