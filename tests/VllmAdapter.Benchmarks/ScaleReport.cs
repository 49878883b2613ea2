namespace VllmAdapter.Benchmarks;

/// <summary>What a chunk costs in short and in long answers: it should be the same.</summary>
internal static class ScaleReport
{
    private const int ChunksPerRow = 1_000_000;

    public static async Task RunAsync()
    {
        Console.WriteLine("| chunks an answer | time a chunk | allocated a chunk |");
        Console.WriteLine("|---:|---:|---:|");
        foreach (int chunks in new[] { 10, 100, 1_000, 10_000, 100_000, 1_000_000 })
        {
            var http = new HttpClient(new CannedStream(CannedStream.Bytes(chunks, continuousUsage: true)));
            var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });
            int answers = ChunksPerRow / chunks;
            await ReadAsync(adapter, Math.Max(1, answers / 10));

            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            long start = TimeProvider.System.GetTimestamp();
            long read = await ReadAsync(adapter, answers);
            TimeSpan took = TimeProvider.System.GetElapsedTime(start);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            Console.WriteLine($"| {chunks:N0} | {took.TotalNanoseconds / read:N0} ns | {(double)allocated / read:N0} B |");
        }
    }

    private static async Task<long> ReadAsync(VllmInferenceAdapter adapter, int answers)
    {
        long read = 0;
        for (int i = 0; i < answers; i++)
        {
            await foreach (ChatChunk chunk in adapter.StreamChatAsync("Tell me about llamas."))
                read++;
        }

        return read;
    }
}
