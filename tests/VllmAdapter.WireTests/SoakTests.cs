using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;
using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>
/// Many streams at once over one adapter: most complete, a tenth each is reset, falls silent or is canceled. Nothing is left of them.
/// By default 500, with the environment variable VLLMADAPTER_FULL_SWEEP=1 2,000.
/// </summary>
[Trait("Sweep", "full")]
public sealed class SoakTests
{
    private const long MostBytesLeft = 32L * 1024 * 1024;
    private const int MostThreads = 100;

    private static readonly int Streams = Sweep.IsFull ? 2_000 : 500;

    [Fact]
    public async Task Every_one_of_many_streams_ends_as_it_must_and_leaves_nothing_behind()
    {
        // The first round pays for what is made once.
        await RunAsync(20);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        Soaked soaked = await RunAsync(Streams);

        soaked.ThreadsAtMost.Should().BeLessThan(MostThreads, "streams that wait hold no threads");
        CountAlive(soaked.Streams).Should().Be(0, "nothing holds a stream that is over");
        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(MostBytesLeft);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Soaked> RunAsync(int count)
    {
        var clock = new ManualTimeProvider();
        var allAreOpen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeVllm vllm = await FakeVllm.StartAsync(
            new FakeVllmOptions(), request => ScriptOf(KindOf(IndexOf(request)), allAreOpen.Task));
        using var connections = new OpenConnections(vllm.Endpoint.Port);
        VllmInferenceAdapter adapter = Played.NewAdapter(vllm.Endpoint, clock: clock);
        List<WeakReference> streams = [];
        int begun = 0;
        Task<StreamVerdict>[] reading = [.. Enumerable.Range(0, count).Select(ReadAsync)];

        // All of them hang in mid-stream now; then the server goes on, and at last time does.
        await allAreOpen.Task.WaitAsync(RawServer.Guard);
        int threads = ThreadPool.ThreadCount;
        await Task.WhenAll(reading.Where((_, index) => KindOf(index) != Kind.GoesSilent)).WaitAsync(RawServer.Guard);
        clock.Advance(TimeLimits.DefaultBetweenChunks);
        StreamVerdict[] verdicts = await Task.WhenAll(reading).WaitAsync(RawServer.Guard);

        verdicts.Select((verdict, index) => (index, verdict)).Should()
            .OnlyContain(one => one.verdict == VerdictOf(KindOf(one.index)));
        await vllm.WhenIdleAsync().WaitAsync(RawServer.Guard);
        vllm.Running.Should().Be(0);
        vllm.Requests.Should().HaveCount(count);
        await connections.WhenNoneIsActiveAsync();
        return new Soaked(streams, threads);

        async Task<StreamVerdict> ReadAsync(int index)
        {
            using var cancellation = new CancellationTokenSource();
            ChatStream stream = adapter.StreamChatAsync(
                ChatRequest.FromPrompt($"{index}") with { OnIncompleteStream = IncompleteStreamBehavior.Report }, cancellation.Token);
            lock (streams)
                streams.Add(new WeakReference(stream));

            try
            {
                await foreach (ChatChunk chunk in stream)
                {
                    if (chunk.Text != "one")
                        continue;

                    if (Interlocked.Increment(ref begun) == count)
                        allAreOpen.SetResult();

                    if (KindOf(index) == Kind.IsCanceled)
                    {
                        await allAreOpen.Task;
                        await cancellation.CancelAsync();
                    }
                }
            }
            catch (OperationCanceledException canceled) when (canceled.CancellationToken == cancellation.Token)
            {
                // The outcome says so too.
            }

            return stream.Outcome.Verdict;
        }
    }

    private static int IndexOf(ReceivedRequest request) =>
        int.Parse(request.Json!["messages"]![0]!["content"]!.GetValue<string>(), CultureInfo.InvariantCulture);

    private static Kind KindOf(int index) => (index % 10) switch
    {
        0 => Kind.IsReset,
        1 => Kind.GoesSilent,
        2 => Kind.IsCanceled,
        _ => Kind.Completes,
    };

    private static ScriptedReply ScriptOf(Kind kind, Task goesOn) => kind switch
    {
        Kind.IsReset => Script.Says("one").WaitsFor(goesOn).Says("two").Resets(),
        Kind.GoesSilent or Kind.IsCanceled => Script.Says("one").GoesSilent(),
        _ => Script.Says("one").WaitsFor(goesOn).Says("two").Finishes("stop").Uses(10, 2).Done(),
    };

    private static StreamVerdict VerdictOf(Kind kind) => kind switch
    {
        Kind.IsReset => StreamVerdict.Interrupted,
        Kind.GoesSilent => StreamVerdict.Stalled,
        Kind.IsCanceled => StreamVerdict.Canceled,
        _ => StreamVerdict.Completed,
    };

    private static int CountAlive(List<WeakReference> streams)
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return streams.Count(stream => stream.IsAlive);
    }

    private enum Kind
    {
        Completes = 1,
        IsReset,
        GoesSilent,
        IsCanceled,
    }

    private sealed record Soaked(List<WeakReference> Streams, int ThreadsAtMost);

    /// <summary>Follows .NET's own count of the connections to one port.</summary>
    private sealed class OpenConnections : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Lock _gate = new();
        private TaskCompletionSource? _none;
        private long _active;

        public OpenConnections(int port)
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "http.client.open_connections")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, change, tags, _) => Count(port, change, tags));
            _listener.Start();
        }

        public Task WhenNoneIsActiveAsync()
        {
            lock (_gate)
                return _active == 0 ? Task.CompletedTask : (_none = new TaskCompletionSource()).Task.WaitAsync(RawServer.Guard);
        }

        public void Dispose() => _listener.Dispose();

        private void Count(int port, long change, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            bool isOurs = false;
            bool isActive = false;
            foreach ((string name, object? value) in tags)
            {
                isOurs |= name == "server.port" && value is int to && to == port;
                isActive |= name == "http.connection.state" && value is "active";
            }

            if (!isOurs || !isActive)
                return;

            lock (_gate)
            {
                _active += change;
                if (_active == 0)
                    _none?.TrySetResult();
            }
        }
    }
}
