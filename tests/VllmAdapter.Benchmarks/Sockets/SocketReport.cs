using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>
/// What reading costs over sockets, side by side: a light server in a process of its own, lanes that take turns in every round, and the
/// median of the rounds with their least and most, which is the machine's noise.
/// </summary>
internal sealed class SocketReport(LightServer.Running server, int rounds)
{
    private const int MostWarmTurns = 10;

    // Of a turn's two seconds.
    private static readonly TimeSpan LittleCompiling = TimeSpan.FromMilliseconds(20);

    private readonly Lane[] _lanes = Lane.All();

    /// <param name="rounds">How often each lane is measured.</param>
    /// <param name="only">Which parts to run; all of them where none is named.</param>
    public static async Task RunAsync(int rounds, string[] only)
    {
        using LightServer.Running server = await LightServer.StartAsync();
        var report = new SocketReport(server, rounds);
        bool Runs(string part) => only.Length == 0 || only.Contains(part);

        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, median of {rounds} rounds (least to most)");
        if (Runs("cold"))
            await report.ColdAsync();

        foreach ((int streams, int every) in new[] { (10, 20), (100, 20), (1_000, 200), (5_000, 1_000) })
        {
            if (Runs("paced") || Runs($"paced{streams}"))
                await report.PacedAsync(streams, every);
        }

        if (Runs("burst"))
            await report.BurstAsync();

        if (Runs("short"))
            await report.ShortAsync();

        if (Runs("idle"))
            await report.IdleAsync();
    }

    /// <summary>The first chunks of a process: this is that process.</summary>
    public static async Task RunColdAsync(string lane, Uri address)
    {
        Meter meter = new(0);
        long start = Stopwatch.GetTimestamp();
        await Lane.All().Single(one => one.Name == lane).ReadAsync(address, new Delays(), CancellationToken.None);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{took.TotalMicroseconds} {meter.Read(1).Cpu}"));
    }

    private async Task PacedAsync(int streams, int every)
    {
        Uri address = server.Address(chunks: 1_000_000, every);
        Title($"{streams:N0} streams, each a chunk every {every} ms", "CPU a chunk, us", "delay p50, us", "delay p99, us", "bytes a chunk");
        await TakeTurnsAsync(
            async lane => await Load.PacedAsync(lane, address, streams),
            figures => [figures.Cpu, figures.P50, figures.P99, figures.Bytes]);
    }

    private async Task BurstAsync()
    {
        Uri address = server.Address(chunks: 20_000, every: 0);
        Title("32 streams of 20,000 chunks, as fast as they are read", "CPU a chunk, us", "bytes a chunk");
        await TakeTurnsAsync(async lane => await Load.BurstAsync(lane, address, streams: 32), figures => [figures.Cpu, figures.Bytes]);
    }

    private async Task ShortAsync()
    {
        Uri address = server.Address(chunks: 3, every: 0);
        Title("short requests of 3 chunks, 16 at once", "CPU a request, us", "bytes a request");
        await TakeTurnsAsync(async lane => await Load.ShortAsync(lane, address, requests: 4_000), figures => [figures.Cpu, figures.Bytes]);
    }

    private async Task IdleAsync()
    {
        // The OpenAI SDK notices only at its next chunk that it was canceled: that chunk has to come some time.
        Uri address = server.Address(chunks: 1_000_000, every: 15_000);
        Title("2,000 streams that wait for their second chunk", "alive a stream, KiB");
        await TakeTurnsAsync(async lane => new Figures(0, await Load.IdleAsync(lane, address, streams: 2_000) / 1024), figures => [figures.Bytes]);
    }

    private async Task ColdAsync()
    {
        Uri address = server.Address(chunks: 1_000, every: 0);
        Title("the first 1,000 chunks of a fresh process", "time, ms", "CPU, ms");
        await TakeTurnsAsync(
            async lane =>
            {
                using var process = Process.Start(new ProcessStartInfo(
                    Environment.ProcessPath!, [typeof(SocketReport).Assembly.Location, "cold", lane.Name, address.ToString()])
                {
                    RedirectStandardOutput = true,
                    UseShellExecute = false,
                })!;
                string[] said = (await process.StandardOutput.ReadToEndAsync()).Split(' ');
                return new Figures(double.Parse(said[1], CultureInfo.InvariantCulture) / 1000, double.Parse(said[0], CultureInfo.InvariantCulture) / 1000);
            },
            figures => [figures.Bytes, figures.Cpu]);
    }

    private static void Title(string what, params string[] columns)
    {
        Console.WriteLine();
        Console.WriteLine($"| {what} | {string.Join(" | ", columns)} |");
        Console.WriteLine($"|---|{string.Concat(columns.Select(_ => "---:|"))}");
    }

    // Whatever else the machine does meets all lanes alike.
    private async Task TakeTurnsAsync(Func<Lane, Task<Figures>> measure, Func<Figures, double[]> columns)
    {
        Dictionary<Lane, List<double[]>> all = _lanes.ToDictionary(static lane => lane, static _ => new List<double[]>());
        foreach (Lane lane in _lanes)
            await WarmAsync(lane, measure);

        for (int round = 0; round < rounds; round++)
        {
            foreach (Lane lane in round % 2 == 0 ? _lanes : _lanes.Reverse())
            {
                all[lane].Add(columns(await measure(lane)));
                GC.Collect();
            }
        }

        double[]? bare = null;
        foreach (Lane lane in _lanes)
        {
            double[][] columnsOfLane = [.. Enumerable.Range(0, all[lane][0].Length).Select(column => all[lane].Select(row => row[column]).Order().ToArray())];
            double[] medians = [.. columnsOfLane.Select(static sorted => sorted[sorted.Length / 2])];
            bare ??= medians;
            IEnumerable<string> cells = columnsOfLane.Select((sorted, column) =>
                $"**{Text(medians[column])}** ({Text(sorted[0])} to {Text(sorted[^1])}), {medians[column] / bare[column]:N2} x");
            Console.WriteLine($"| {lane.Name} | {string.Join(" | ", cells)} |");
        }
    }

    // What runs often is compiled again and again, in the background and at the cost of whatever is measured meanwhile; a cold start is a row of its own.
    private static async Task WarmAsync(Lane lane, Func<Lane, Task<Figures>> measure)
    {
        TimeSpan compiling = TimeSpan.MaxValue;
        for (int turn = 0; turn < MostWarmTurns && compiling > LittleCompiling; turn++)
        {
            TimeSpan before = JitInfo.GetCompilationTime();
            await measure(lane);
            compiling = JitInfo.GetCompilationTime() - before;
        }
    }

    private static string Text(double figure) => figure.ToString(figure < 100 ? "N1" : "N0", CultureInfo.InvariantCulture);
}
