using System.Diagnostics;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>The loads that a client is put under, one at a time.</summary>
internal static class Load
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    /// <summary>Many streams, each of which brings one chunk a wake-up, as a model writes.</summary>
    public static async Task<Figures> PacedAsync(Lane lane, Uri address, int streams)
    {
        using var over = new CancellationTokenSource();
        var delays = new Delays();
        List<Task> readers = [];
        for (int i = 0; i < streams; i++)
        {
            readers.Add(ReadUntilOverAsync(lane, address, delays, over.Token));

            // A model's answers do not all begin, and so do not all write, at the same moment.
            if (i % 16 == 0)
                await Task.Delay(1);
        }

        // Each has had some, and the code is compiled.
        await CameAsync(delays, streams * 2L);

        // What lives as long as a stream is moved to where old objects live, as it would be in the first seconds of answers that take longer.
        GC.Collect();
        GC.Collect();
        await Task.Delay(200);
        delays.Measure();
        Meter meter = new(delays.CameSoFar);
        await Task.Delay(Window);
        Figures figures = meter.Read(delays.CameSoFar) with { P50 = delays.Percentile(0.5), P99 = delays.Percentile(0.99) };
        await over.CancelAsync();
        await Task.WhenAll(readers);
        return figures;
    }

    /// <summary>A few streams, as fast as they can be read.</summary>
    public static async Task<Figures> BurstAsync(Lane lane, Uri address, int streams)
    {
        var delays = new Delays();
        var meter = new Meter(0);
        await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => lane.ReadAsync(address, delays, CancellationToken.None)));
        return meter.Read(delays.CameSoFar);
    }

    /// <summary>Short requests one after the other, some at once.</summary>
    public static async Task<Figures> ShortAsync(Lane lane, Uri address, int requests)
    {
        const int AtOnce = 16;
        var delays = new Delays();
        var meter = new Meter(0);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (int i = 0; i < requests / AtOnce; i++)
                await lane.ReadAsync(address, delays, CancellationToken.None);
        }));
        return meter.Read(requests);
    }

    /// <summary>Streams that wait for their second chunk.</summary>
    /// <returns>What one of them keeps alive, in bytes.</returns>
    public static async Task<double> IdleAsync(Lane lane, Uri address, int streams)
    {
        using var over = new CancellationTokenSource();
        var delays = new Delays();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Task[] readers = [.. Enumerable.Range(0, streams).Select(_ => ReadUntilOverAsync(lane, address, delays, over.Token))];
        await CameAsync(delays, streams);

        await Task.Delay(200);
        long alive = GC.GetTotalMemory(forceFullCollection: true) - before;
        await over.CancelAsync();
        await Task.WhenAll(readers);
        return (double)alive / streams;
    }

    private static async Task CameAsync(Delays delays, long least)
    {
        var limit = TimeSpan.FromMinutes(1);
        long start = Stopwatch.GetTimestamp();
        while (delays.CameSoFar < least)
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
                throw new TimeoutException($"Of {least} chunks only {delays.CameSoFar} came within {limit}.");

            await Task.Delay(10);
        }
    }

    private static async Task ReadUntilOverAsync(Lane lane, Uri address, Delays delays, CancellationToken over)
    {
        try
        {
            await lane.ReadAsync(address, delays, over);
        }
        catch (Exception) when (over.IsCancellationRequested)
        {
            // The load is over, however a client says so.
        }
    }
}
