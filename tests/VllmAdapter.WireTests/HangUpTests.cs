using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>When the connection is closed, so that generation stops, and when it is kept for the next request.</summary>
public sealed class HangUpTests
{
    private readonly TaskCompletionSource _clientLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Leaving_the_loop_closes_the_connection(bool serverGoesOn)
    {
        await using var server = RawServer.Start(serverGoesOn ? GoesOn : GoesSilent);
        VllmInferenceAdapter adapter = serverGoesOn ? Played.NewAdapter(server.Endpoint) : NewPatientAdapter(server);
        ChatStream stream = adapter.StreamChatAsync(Played.Request);

        await foreach (ChatChunk _ in stream)
            break;

        stream.Outcome.Verdict.Should().Be(StreamVerdict.Abandoned);
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Canceling_closes_the_connection(bool serverGoesOn, bool byTheEnumeratorsToken)
    {
        await using var server = RawServer.Start(serverGoesOn ? GoesOn : GoesSilent);
        using var cancellation = new CancellationTokenSource();
        ChatStream stream = Played.NewAdapter(server.Endpoint)
            .StreamChatAsync(Played.Request, byTheEnumeratorsToken ? default : cancellation.Token);
        Func<Task> read = async () =>
        {
            await foreach (ChatChunk _ in stream.WithCancellation(byTheEnumeratorsToken ? cancellation.Token : default))
                await cancellation.CancelAsync();
        };

        (await read.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancellation.Token);

        stream.Outcome.Verdict.Should().Be(StreamVerdict.Canceled);
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Ty")]
    [InlineData(Chunked)]
    [InlineData(Chunked + "4")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9000\r\n\r\n<html>")]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\nContent-Length: 9000\r\n\r\n<html>")]
    public async Task Canceling_during_a_wait_ends_it_with_the_callers_token(string bytes)
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = RawServer.Start(async connection =>
        {
            await connection.SendAsync(bytes);
            await cancellation.CancelAsync();
            await connection.UntilClientLeavesAsync();
            _clientLeft.TrySetResult();
        });

        Func<Task> ask = () => Played.NewAdapter(server.Endpoint).CompleteChatAsync(Played.Request, cancellation.Token).WaitAsync(RawServer.Guard);

        (await ask.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancellation.Token);
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Fact]
    public async Task A_request_canceled_beforehand_is_not_sent()
    {
        await using var server = RawServer.Start(GoesSilent);
        var canceled = new CancellationToken(canceled: true);

        Func<Task> ask = () => Played.NewAdapter(server.Endpoint).CompleteChatAsync(Played.Request, canceled);

        (await ask.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(canceled);
        server.Accepted.Should().Be(0);
    }

    [Fact]
    public async Task A_policy_that_stops_closes_the_connection()
    {
        await using var server = RawServer.Start(GoesOn);

        Played played = await Played.RunAsync(server, Played.Request with { Termination = new EnoughPolicy(chunks: 3) });

        played.Outcome.Verdict.Should().Be(StreamVerdict.StoppedByPolicy);
        played.Completion!.Text.Should().Be("ononon");
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n", StreamVerdict.ServerError)]
    [InlineData("data: {oops\n\n", StreamVerdict.Malformed)]
    [InlineData("<html>\n", StreamVerdict.Malformed)]
    public async Task Bytes_that_end_the_stream_close_the_connection(string bytes, StreamVerdict verdict)
    {
        await using var server = RawServer.Start(async connection =>
        {
            await connection.SendAsync(Chunked + Chunks(Says("on"), bytes));
            await connection.UntilClientLeavesAsync();
            _clientLeft.TrySetResult();
        });

        (await Played.RunAsync(NewPatientAdapter(server), server)).Outcome.Verdict.Should().Be(verdict);

        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Fact]
    public async Task A_policy_that_throws_closes_the_connection_too()
    {
        await using var server = RawServer.Start(GoesOn);

        Func<Task> ask = () => Played.RunAsync(server, Played.Request with { Termination = new FaultyPolicy() });

        await ask.Should().ThrowAsync<NotSupportedException>();
        await _clientLeft.Task.WaitAsync(RawServer.Guard);
    }

    [Fact]
    public async Task After_the_sentinel_the_connection_serves_the_next_request()
    {
        await using var server = RawServer.Start(connection => connection.SendAsync(
            Chunked + Chunks(Says("Hello"), Finishes("stop"), Usage, Done) + LastChunk));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        for (int i = 0; i < 5; i++)
            (await Played.RunAsync(adapter, server)).Outcome.Verdict.Should().Be(StreamVerdict.Completed);

        server.Accepted.Should().Be(1);
    }

    [Fact]
    public async Task After_a_refusal_the_connection_serves_the_next_request()
    {
        await using var server = RawServer.Start(connection => connection.SendAsync(Reply("503 Busy", "", "busy")));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        for (int i = 0; i < 5; i++)
            (await Played.RunAsync(adapter, server)).Failure.Should().BeOfType<VllmRequestException>();

        server.Accepted.Should().Be(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_idle_connection_closed_under_the_client_does_not_hurt_the_next_request(bool byReset)
    {
        string reply = Chunked + Chunks(Says("Hello"), Finishes("stop"), Done) + LastChunk;
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = RawServer.Start(
            async connection =>
            {
                await connection.SendAsync(reply);
                await connection.WhenHandedOutAsync(3);
                if (byReset)
                    connection.Reset();
                else
                    connection.Close();

                closed.SetResult();
            },
            connection => connection.SendAsync(reply));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        (await Played.RunAsync(adapter, server)).Outcome.Verdict.Should().Be(StreamVerdict.Completed);
        await closed.Task.WaitAsync(RawServer.Guard);
        Played second = await Played.RunAsync(adapter, server);

        second.Failure.Should().BeNull();
        second.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
        server.Accepted.Should().Be(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kept_connection_that_dies_under_a_request_ends_typed(bool byReset)
    {
        string reply = Chunked + Chunks(Says("Hello"), Finishes("stop"), Done) + LastChunk;
        await using var server = RawServer.Start(
            connection => connection.SendAsync(reply),
            connection =>
            {
                if (byReset)
                    connection.Reset();
                else
                    connection.Close();

                return Task.CompletedTask;
            },
            connection => connection.SendAsync(reply));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        (await Played.RunAsync(adapter, server)).Outcome.Verdict.Should().Be(StreamVerdict.Completed);
        Played second = await Played.RunAsync(adapter, server);

        // Whether it may be sent again on its own is the handler's choice; nothing else may come of it.
        (second.Failure is VllmRequestException { Failure: RequestFailure.ConnectionFailed, IsRetryable: true }
            || second.Completion?.Outcome.Verdict == StreamVerdict.Completed).Should().BeTrue(second.Failure?.ToString());
    }

    [Fact]
    public async Task Bytes_after_a_reply_do_not_get_into_the_next_one()
    {
        string reply = Chunked + Chunks(Says("Hello"), Finishes("stop"), Done) + LastChunk;
        await using var server = RawServer.Start(
            connection => connection.SendAsync(reply + Chunk(Says("stray"))),
            connection => connection.SendAsync(reply));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        (await Played.RunAsync(adapter, server)).Completion!.Text.Should().Be("Hello");
        (await Played.RunAsync(adapter, server)).Completion!.Text.Should().Be("Hello");
    }

    // Its handler would read on for ever to save the connection: only a hang-up closes it.
    private static VllmInferenceAdapter NewPatientAdapter(RawServer server)
    {
        var handler = new SocketsHttpHandler { MaxResponseDrainSize = int.MaxValue, ResponseDrainTimeout = Timeout.InfiniteTimeSpan };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        return new VllmInferenceAdapter(client, new VllmAdapterOptions { Endpoint = server.Endpoint });
    }

    private async Task GoesSilent(RawConnection connection)
    {
        await connection.SendAsync(Chunked + Chunk(Says("on")));
        await connection.UntilClientLeavesAsync();
        _clientLeft.TrySetResult();
    }

    // As a model does that nobody stops.
    private async Task GoesOn(RawConnection connection)
    {
        try
        {
            await connection.SendAsync(Chunked);
            while (true)
                await connection.SendAsync(Chunk(Says("on")));
        }
        finally
        {
            _clientLeft.TrySetResult();
        }
    }

    private sealed class EnoughPolicy(int chunks) : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence) =>
            evidence.Chunks >= chunks ? TerminationDecision.Stop(new TerminationCause("enough")) : TerminationDecision.Continue;
    }

    private sealed class FaultyPolicy : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence) =>
            evidence.Chunks > 0 ? throw new NotSupportedException("The policy is at fault.") : TerminationDecision.Continue;
    }
}
