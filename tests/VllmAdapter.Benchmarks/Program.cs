using BenchmarkDotNet.Running;
using VllmAdapter.Benchmarks;

// dotnet run -c Release --project tests/VllmAdapter.Benchmarks
BenchmarkRunner.Run<ChunkBenchmarks>(args: args);
