using BenchmarkDotNet.Running;
using VllmAdapter.Benchmarks;
using VllmAdapter.Benchmarks.Guard;
using VllmAdapter.Benchmarks.Sockets;

// dotnet run -c Release --project tests/VllmAdapter.Benchmarks [-- scale | idle | embeddings | guard [streams [rounds]] | sockets [rounds] [cold paced paced100 burst short idle]]
switch (args)
{
    case ["scale"]:
        await ScaleReport.RunAsync();
        break;

    case ["idle"]:
        await IdleReport.RunAsync();
        break;

    case ["embeddings"]:
        await EmbeddingReport.RunAsync();
        break;

    case ["sockets", .. var rest]:
        int rounds = rest is [var first, ..] && int.TryParse(first, out int given) ? given : 7;
        await SocketReport.RunAsync(rounds, [.. rest.Where(word => !int.TryParse(word, out _))]);
        break;

    case ["guard", .. var counts]:
        await GuardReport.RunAsync(counts is [var many, ..] ? int.Parse(many) : 1_000, counts is [_, var times, ..] ? int.Parse(times) : 3);
        break;

    // The processes that the reports start.
    case ["proxy", var kind, var backEnd]:
        await ProxyProcess.RunAsync(kind, new Uri(backEnd));
        break;

    case ["serve"]:
        await LightServer.RunAsync();
        break;

    case ["cold", var lane, var address]:
        await SocketReport.RunColdAsync(lane, new Uri(address));
        break;

    default:
        BenchmarkRunner.Run<ChunkBenchmarks>(args: args);
        break;
}
