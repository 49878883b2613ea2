using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>
/// Requests so large that the answer comes while they are still being sent: a proxy says that it takes no such bodies and closes the
/// connection (HAProxy, Caddy, Squid, Kestrel; NginxProxyManager#914).
/// </summary>
public sealed class UploadTests
{
    private static readonly ChatRequest Large = ChatRequest.FromPrompt(new string('x', 24_000_000));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_that_breaks_is_told_as_one_and_not_repeated(bool isCallersClient)
    {
        await using var server = RawServer.StartRude(RefusesInTheMiddle);
        using var http = new HttpClient();
        var options = new VllmAdapterOptions { Endpoint = server.Endpoint, Resilience = { BaseDelay = TimeSpan.FromMilliseconds(1) } };
        VllmInferenceAdapter adapter = isCallersClient ? new(http, options) : new(server.Endpoint, options);

        VllmRequestException failed = await FailedAsync(adapter, Large);

        (failed.Failure, failed.IsRetryable, failed.Attempts, server.Accepted).Should().Be((RequestFailure.ConnectionFailed, false, 1, 1), failed.Message);
        failed.Message.Should().Contain("broke while 24.0 MB were being sent").And.Contain("client_max_body_size")
            .And.NotContain("Check that a vLLM server listens there");
    }

    [Fact]
    public async Task A_large_request_that_was_sent_whole_goes_out_once_more_when_its_connection_was_just_closed()
    {
        await using var server = RawServer.Start(
            Answers,
            connection =>
            {
                connection.Close();
                return Task.CompletedTask;
            },
            Answers);
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);
        ChatRequest request = ChatRequest.FromPrompt(new string('x', 1_200_000));
        await adapter.CompleteChatAsync(Played.Request);

        ChatAnswer answer = await adapter.CompleteChatAsync(request).WaitAsync(RawServer.Guard);

        (answer.Text, server.Accepted).Should().Be(("Hello", 2));
    }

    [Fact]
    public async Task A_small_request_whose_connection_breaks_may_be_tried_again()
    {
        await using var server = RawServer.StartRude(RefusesWithoutReading);

        VllmRequestException failed = await FailedAsync(Played.NewAdapter(server.Endpoint), Played.Request);

        failed.IsRetryable.Should().Be(failed.Failure == RequestFailure.ConnectionFailed, failed.Message);
    }

    private static async Task<VllmRequestException> FailedAsync(VllmInferenceAdapter adapter, ChatRequest request)
    {
        Func<Task> asking = () => adapter.CompleteChatAsync(request).WaitAsync(RawServer.Guard);
        return (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
    }

    private static async Task RefusesInTheMiddle(RawConnection connection)
    {
        await connection.UntilBodyBeginsAsync();
        await RefusesWithoutReading(connection);
    }

    private static async Task RefusesWithoutReading(RawConnection connection)
    {
        await connection.SendAsync(Reply("413 Payload Too Large", "Connection: close\r\n", "too large"));
        connection.Reset();
    }

    private static Task Answers(RawConnection connection) =>
        connection.SendAsync(Chunked + Chunks(Says("Hello"), Finishes("stop"), Done) + LastChunk);
}
