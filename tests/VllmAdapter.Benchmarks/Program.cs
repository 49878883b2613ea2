using BenchmarkDotNet.Running;
using VllmAdapter.Benchmarks;
using VllmAdapter.Benchmarks.Sockets;

// dotnet run -c Release --project tests/VllmAdapter.Benchmarks [-- scale | idle | embeddings | sockets [rounds] [cold paced paced100 burst short idle]]
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

    // The processes that the report starts.
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
