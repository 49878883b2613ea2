using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>An adapter that made its HTTP client lets go of it, and of nothing that is under way.</summary>
public sealed class OwnClientDisposalTests
{
    [Fact]
    public async Task What_is_under_way_comes_to_its_end_and_nothing_else_is_sent()
    {
        var gate = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Cal").WaitsFor(gate.Task).Says("m.").Finishes("stop").Done());
        var adapter = new VllmInferenceAdapter(vllm.Endpoint);
        await using IAsyncEnumerator<ChatChunk> chunks = adapter.StreamChatAsync(Played.Request).GetAsyncEnumerator();
        string text = "";
        while (text.Length < 3 && await chunks.MoveNextAsync())
            text += chunks.Current.Text;

        adapter.Dispose();
        gate.SetResult();
        while (await chunks.MoveNextAsync())
            text += chunks.Current.Text;

        text.Should().Be("Calm.");
        Func<Task> ask = () => adapter.CompleteChatAsync(Played.Request);
        await ask.Should().ThrowAsync<ObjectDisposedException>().WithMessage("The adapter is disposed*");
        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task A_request_that_is_not_answered_yet_is_told_and_not_sent_again()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.GoesSilent().BeforeHeaders());
        var adapter = new VllmInferenceAdapter(vllm.Endpoint);
        Task<ChatAnswer> asked = adapter.CompleteChatAsync(Played.Request);
        while (vllm.Requests.Count == 0)
            await Task.Yield();

        adapter.Dispose();

        Func<Task> answer = () => asked.WaitAsync(RawServer.Guard);
        await answer.Should().ThrowAsync<ObjectDisposedException>().WithMessage("The adapter is disposed*");
        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task A_server_that_closes_at_once_is_said_to_have_done_so()
    {
        await using var server = RawServer.Start(connection =>
        {
            connection.Close();
            return Task.CompletedTask;
        });
        using var adapter = new VllmInferenceAdapter(server.Endpoint, new() { Resilience = { MaxAttempts = 1 } });

        Func<Task> ask = () => adapter.CompleteChatAsync(Played.Request);

        (await ask.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("The response ended prematurely");
    }

    [Fact]
    public async Task A_started_fake_server_that_is_disposed_is_a_server_that_is_gone()
    {
        FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Calm.").Done());
        await vllm.DisposeAsync();
        using var adapter = new VllmInferenceAdapter(vllm.Endpoint, new() { Resilience = { MaxAttempts = 1 } });

        Func<Task> ask = () => adapter.CompleteChatAsync(Played.Request);

        (await ask.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
    }
}
