using VllmAdapter.Benchmarks.Sockets;

namespace VllmAdapter.Benchmarks.Guard;

/// <summary>What a guard costs beside YARP alone, both under the same load in one run: each in a process of its own, in turn.</summary>
internal static class GuardReport
{
    private const int Every = 400;
    private const int ManyChunks = 1_000_000;
    private const int MostWarmRounds = 12;
    private const int FewMethods = 20;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(int streams, int rounds)
    {
        using LightServer.Running server = await LightServer.StartAsync();
        Uri root = new(server.Address(0, 0).GetLeftPart(UriPartial.Authority));
        using ProxyProcess yarp = await ProxyProcess.StartAsync("yarp", root);
        using ProxyProcess guard = await ProxyProcess.StartAsync("guard", root);
        Console.WriteLine($"{streams:N0} streams, a chunk every {Every} ms each, {rounds} rounds of {Window.TotalSeconds:N0} s, {Environment.ProcessorCount} processors, load {Load()}");
        Console.WriteLine("| | CPU a chunk | allocated a chunk | delay p50 | delay p99 | alive a stream |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        await WarmAsync("YARP", yarp, streams);
        await WarmAsync("guard", guard, streams);
        List<Row> rows = [];
        for (int round = 0; round < rounds; round++)
        {
            rows.Add(await RunAsync("no proxy", proxy: null, server.Address(ManyChunks, Every), streams));
            rows.Add(await RunAsync("YARP", yarp, yarp.Address(ManyChunks, Every), streams));
            rows.Add(await RunAsync("guard", guard, guard.Address(ManyChunks, Every), streams));
        }

        foreach (IGrouping<string, Row> one in rows.GroupBy(row => row.Name))
        {
            Console.WriteLine(
                $"| {one.Key} | {Median(one, row => row.Cpu):N1} us | {Median(one, row => row.Allocated):N0} B | {Median(one, row => row.P50):N0} us "
                + $"| {Median(one, row => row.P99):N0} us | {Median(one, row => row.Alive) / 1024:N1} KiB |");
        }

        Console.WriteLine($"load at the end {Load()}");
    }

    // .NET compiles what runs often once more, in the background; on a busy machine that takes its time, and costs more than all else.
    private static async Task WarmAsync(string name, ProxyProcess proxy, int streams)
    {
        int compiled = int.MaxValue;
        for (int round = 0; round < MostWarmRounds && compiled > FewMethods; round++)
        {
            int before = (await proxy.CostAsync()).Compiled;
            await RunAsync(name, proxy, proxy.Address(ManyChunks, Every), streams);
            compiled = (await proxy.CostAsync()).Compiled - before;
        }

        if (compiled > FewMethods)
            Console.WriteLine($"{name} is still being compiled: {compiled} methods in the last round.");
    }

    private static async Task<Row> RunAsync(string name, ProxyProcess? proxy, Uri address, int streams)
    {
        using var over = new CancellationTokenSource();
        var lane = new BareLane();
        var delays = new Delays();
        long before = proxy is null ? 0 : (await proxy.CostAsync(collects: true)).Alive;
        List<Task> readers = [];
        for (int i = 0; i < streams; i++)
        {
            readers.Add(ReadAsync(lane, address, delays, over.Token));
            if (i % 16 == 0)
                await Task.Delay(5);
        }

        while (delays.CameSoFar < streams * 3L)
            await Task.Delay(20);

        delays.Measure();
        var from = proxy is null ? default : await proxy.CostAsync();
        long first = delays.CameSoFar;
        await Task.Delay(Window);
        double chunks = delays.CameSoFar - first;
        var to = proxy is null ? default : await proxy.CostAsync();
        double alive = proxy is null ? 0 : (await proxy.CostAsync(collects: true)).Alive - before;
        var row = new Row(
            name, (to.Cpu - from.Cpu).TotalMicroseconds / chunks, (to.Allocated - from.Allocated) / chunks, delays.Percentile(0.5), delays.Percentile(0.99), alive / streams);
        await over.CancelAsync();
        await Task.WhenAll(readers);
        return row;
    }

    private static async Task ReadAsync(Lane lane, Uri address, Delays delays, CancellationToken over)
    {
        try
        {
            await lane.ReadAsync(address, delays, over);
        }
        catch (Exception) when (over.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    private static double Median(IEnumerable<Row> rows, Func<Row, double> of)
    {
        double[] sorted = [.. rows.Select(of).Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private sealed record Row(string Name, double Cpu, double Allocated, double P50, double P99, double Alive);
}
