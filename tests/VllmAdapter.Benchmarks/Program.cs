using BenchmarkDotNet.Running;
using VllmAdapter.Benchmarks;

// dotnet run -c Release --project tests/VllmAdapter.Benchmarks [-- scale | idle]
if (args is ["scale"])
    await ScaleReport.RunAsync();
else if (args is ["idle"])
    await IdleReport.RunAsync();
else
    BenchmarkRunner.Run<ChunkBenchmarks>(args: args);
