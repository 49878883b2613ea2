using System.Net.Sockets;
using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>Whoever leaves a stream frees the engine, and the connections are as good as before.</summary>
public sealed class FreedServerTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");
    private static readonly ScriptedReply Endless = Script.Says("Hel", "lo").GoesSilent();
    private static readonly ScriptedReply Answer = Script.Says("Hel", "lo").Finishes("stop").Done();

    [Theory]
    [InlineData("break")]
    [InlineData("cancel")]
    [InlineData("policy")]
    [InlineData("whole")]
    public async Task A_stream_that_is_left_is_aborted_and_the_next_request_is_answered(string how)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Endless, Answer);
        using var canceled = new CancellationTokenSource();
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), new VllmAdapterOptions());
        ChatRequest request = Hello with
        {
            OnIncompleteStream = IncompleteStreamBehavior.Report,
            Termination = how == "policy" ? new StopsAfter(chunks: 3) : null,
            Stream = how != "whole",
        };

        Task leaving = LeaveAsync();
        if (how == "whole")
        {
            while (vllm.Running == 0)
                await Task.Yield();

            await canceled.CancelAsync();
        }

        await leaving.ContinueWith(_ => { }, TaskScheduler.Default);
        await vllm.WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(30));

        (vllm.Aborted, vllm.Completed).Should().Be((1, 0));
        (await adapter.CompleteChatAsync(Hello)).Text.Should().Be("Hello");

        async Task LeaveAsync()
        {
            await foreach (ChatChunk chunk in adapter.StreamChatAsync(request, canceled.Token))
            {
                if (chunk.Text != "lo")
                    continue;

                if (how == "break")
                    break;

                if (how == "cancel")
                    await canceled.CancelAsync();
            }
        }
    }

    [Fact]
    public async Task A_stream_read_to_its_end_leaves_its_connection_to_those_after_it()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Answer);
        int connections = 0;
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, token) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { Endpoint = vllm.Endpoint });

        for (int i = 0; i < 50; i++)
            (await adapter.CompleteChatAsync(Hello)).Outcome.Verdict.Should().Be(StreamVerdict.Completed);

        // The end of the body may come after the sentinel, and a request that follows at once does not wait for it.
        connections.Should().BeLessThan(5);
    }

    private sealed class StopsAfter(int chunks) : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence) =>
            evidence.Chunks >= chunks ? TerminationDecision.Stop(new TerminationCause("enough")) : TerminationDecision.Continue;
    }
}
