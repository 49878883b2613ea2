using VllmAdapter.Testing;

namespace VllmAdapter.Tests;

public sealed class VllmInferenceAdapterTests
{
    [Fact]
    public async Task A_prompt_is_a_request_of_one_user_message()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says("Calm."));
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        ChatAnswer answer = await adapter.CompleteChatAsync("How are llamas?");
        ChatStream stream = adapter.StreamChatAsync("How are llamas?");
        string pieces = "";
        await foreach (ChatChunk chunk in stream)
            pieces += $"{chunk}";

        (answer.Text, stream.Answer.Text, pieces).Should().Be(("Calm.", "Calm.", "Calm."));
        vllm.Requests.Select(request => request.Json!["messages"]!.ToJsonString())
            .Should().HaveCount(2).And.AllBe("""[{"role":"user","content":"How are llamas?"}]""");
    }

    [Fact]
    public async Task A_prompt_that_is_null_is_refused_by_its_name()
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await adapter.Awaiting(a => a.CompleteChatAsync((string)null!)).Should().ThrowAsync<ArgumentNullException>().WithParameterName("prompt");
        adapter.Invoking(a => a.StreamChatAsync((string)null!)).Should().Throw<ArgumentNullException>().WithParameterName("prompt");
    }

    [Fact]
    public async Task Messages_that_are_null_are_refused_like_none()
    {
        using FakeVllm vllm = FakeVllm.InMemory();

        await vllm.CreateAdapter().Awaiting(a => a.CompleteChatAsync(new ChatRequest { Messages = null! }))
            .Should().ThrowAsync<ArgumentException>().WithMessage("Messages is empty*");
    }

    [Fact]
    public async Task A_client_with_a_base_address_is_enough()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says("Calm."));
        using HttpClient http = vllm.CreateHttpClient();

        (await new VllmInferenceAdapter(http).CompleteChatAsync("How are llamas?")).Text.Should().Be("Calm.");
    }

    [Fact]
    public void An_address_may_be_text() =>
        new VllmInferenceAdapter("http://localhost:8000/v1").Endpoint.Should().Be(new VllmInferenceAdapter(new Uri("http://localhost:8000/v1")).Endpoint);

    [Theory]
    [InlineData("localhost:8000")]
    [InlineData("")]
    [InlineData("http://")]
    public void Text_that_is_no_address_is_refused_as_an_address_is(string text) =>
        FluentActions.Invoking(() => new VllmInferenceAdapter(text)).Should().Throw<ArgumentException>()
            .WithMessage($"Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"{text}\".*").WithParameterName("endpoint");

    [Fact]
    public void A_client_without_an_address_needs_an_endpoint()
    {
        using var http = new HttpClient();

        http.Invoking(client => new VllmInferenceAdapter(client)).Should().Throw<ArgumentException>().WithMessage("There is no endpoint.*");
    }
}
