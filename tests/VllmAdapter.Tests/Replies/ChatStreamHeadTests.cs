using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Replies;

/// <summary>Who answers, known with the first chunk.</summary>
public sealed class ChatStreamHeadTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    private static string Chunk(string head, string text, string finish = "null") =>
        $$$"""{{{{head}}}"choices":[{"index":0,"delta":{"content":"{{{text}}}"},"finish_reason":{{{finish}}}}]}""";

    [Fact]
    public async Task Id_model_and_time_are_there_with_the_first_chunk()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Event(Chunk("\"id\":\"a\",\"created\":1700000000,\"model\":\"granite\",", "Calm.")).Finishes("stop").Done());
        using HttpClient http = vllm.CreateHttpClient();
        ChatStream stream = new VllmInferenceAdapter(http).StreamChatAsync(Hello);

        HeadOf(stream).Should().Be((null, null, null));
        await foreach (ChatChunk chunk in stream)
            HeadOf(stream).Should().Be(("a", "granite", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)));

        HeadOf(stream).Should().Be(("a", "granite", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"id\":4,\"created\":0,\"model\":null,")]
    [InlineData("\"created\":-5,")]
    [InlineData("\"created\":1e30,")]
    [InlineData("\"created\":1700000000000000,")]
    [InlineData("\"created\":\"yesterday\",")]
    [InlineData("\"created\":{\"at\":1},")]
    public async Task What_the_server_does_not_say_is_missing(string head)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Event(Chunk(head, "Calm.", "\"stop\"")).Done());
        using HttpClient http = vllm.CreateHttpClient();
        ChatStream stream = new VllmInferenceAdapter(http).StreamChatAsync(Hello);

        await foreach (ChatChunk chunk in stream)
            HeadOf(stream).Should().Be((null, null, null));
    }

    [Fact]
    public async Task A_whole_reply_says_it_too()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Calm.").Finishes("stop").Uses(3, 2).Done());
        using HttpClient http = vllm.CreateHttpClient();
        ChatStream stream = new VllmInferenceAdapter(http).StreamChatAsync(Hello with { Stream = false });

        await foreach (ChatChunk chunk in stream)
            HeadOf(stream).Id.Should().NotBeNull();

        stream.CreatedAt.Should().NotBeNull();
        stream.ResponseId.Should().Be(stream.Answer.Id);
    }

    [Fact]
    public async Task Of_an_answer_that_took_several_requests_it_is_the_first()
    {
        using FakeVllm vllm = FakeVllm.InMemory(
            Script.Event(Chunk("\"id\":\"a\",", "One, ")).Cuts(), Script.Event(Chunk("\"id\":\"b\",", "two.")).Finishes("stop").Done());
        using HttpClient http = vllm.CreateHttpClient();
        ChatStream stream = new VllmInferenceAdapter(http).StreamChatAsync(Hello with { Recovery = StreamRecovery.Continue() });

        await foreach (ChatChunk chunk in stream)
            stream.ResponseId.Should().Be("a");

        stream.Answer.Text.Should().Be("One, two.");
    }

    [Fact]
    public async Task A_stream_of_given_chunks_knows_it_at_its_end()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("Calm.").Finishes("stop").Uses(3, 2).Done());
        using HttpClient http = vllm.CreateHttpClient();
        ChatAnswer answer = await new VllmInferenceAdapter(http).CompleteChatAsync(Hello);
        ChatStream stream = ChatStream.Of(answer);

        await foreach (ChatChunk chunk in stream)
        {
        }

        (stream.ResponseId, stream.Model).Should().Be((answer.Id, answer.Model));
    }

    private static (string? Id, string? Model, DateTimeOffset? At) HeadOf(ChatStream stream) => (stream.ResponseId, stream.Model, stream.CreatedAt);
}
