using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using OpenAI;
using OpenAI.Embeddings;

namespace VllmAdapter.Benchmarks;

/// <summary>What vectors cost: the same texts in the same batches, answered by the same bytes, through the adapter and through the OpenAI SDK.</summary>
internal static class EmbeddingReport
{
    private const int Texts = 10_000;
    private const int ManyTexts = 200_000;
    private const int Dimensions = 1_024;
    private const int BatchSize = PoolingBatchRequest.DefaultMaxBatchSize;
    private const int Rounds = 9;

    public static async Task RunAsync()
    {
        var server = new CannedVectors();
        var http = new HttpClient(server);
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Model = "m" });
        var openAI = new EmbeddingClient("m", new ApiKeyCredential("none"), new OpenAIClientOptions
        {
            Endpoint = new Uri("http://vllm.test/v1"),
            Transport = new HttpClientPipelineTransport(http),
        });
        string[] texts = [.. Enumerable.Range(0, Texts).Select(number => string.Create(CultureInfo.InvariantCulture, $"the llama number {number} eats grass by day"))];
        (string Name, Func<Task<double>> Embed)[] ways =
        [
            ("OpenAI SDK", () => BySdkAsync(openAI, texts)),
            ("VllmAdapter, one request at a time", () => ByAdapterAsync(adapter, texts, 1)),
            ("VllmAdapter, four at a time", () => ByAdapterAsync(adapter, texts, 4)),
        ];

        List<(double Milliseconds, double Bytes)>[] measured = [[], [], []];
        double[] sums = new double[ways.Length];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                GC.Collect();
                long allocated = GC.GetTotalAllocatedBytes(precise: true);
                long start = TimeProvider.System.GetTimestamp();
                sums[way] = await ways[way].Embed();
                TimeSpan took = TimeProvider.System.GetElapsedTime(start);

                // The first round warms up.
                if (round > 0)
                    measured[way].Add((took.TotalMilliseconds, GC.GetTotalAllocatedBytes(precise: true) - allocated));
            }
        }

        if (sums.Distinct().Count() > 1)
            throw new InvalidOperationException($"They read different vectors: {string.Join(", ", sums)}.");

        Console.WriteLine($"{Texts:N0} texts, {Dimensions:N0} dimensions, batches of {BatchSize}, base64; the vectors alone are {Texts * Dimensions * sizeof(float) / 1e6:0.0} MB. Medians of {Rounds} rounds.");
        Console.WriteLine();
        Console.WriteLine("| | time | of the SDK's | allocated | of the SDK's |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        double time = Median(measured[0].Select(one => one.Milliseconds));
        double bytes = Median(measured[0].Select(one => one.Bytes));
        for (int way = 0; way < ways.Length; way++)
        {
            double took = Median(measured[way].Select(one => one.Milliseconds));
            double allocated = Median(measured[way].Select(one => one.Bytes));
            Console.WriteLine($"| {ways[way].Name} | {took:0} ms | {took / time:0.00} | {allocated / 1e6:0.0} MB | {allocated / bytes:0.00} |");
        }

        await ReportMemoryAsync(adapter);
    }

    // What is alive while many more vectors than these are handed out, one batch after another.
    private static async Task ReportMemoryAsync(VllmInferenceAdapter adapter)
    {
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        int batches = 0;
        var request = new EmbeddingRequest { Inputs = [.. Enumerable.Repeat(PoolingInput.FromText("the llama eats grass by day"), ManyTexts)] };
        await foreach (EmbeddingResult batch in adapter.StreamEmbeddingsAsync(request))
        {
            if (batches++ % 100 == 50)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Console.WriteLine();
        Console.WriteLine($"{ManyTexts:N0} texts by StreamEmbeddingsAsync ({ManyTexts / 1000 * Dimensions * sizeof(float) / 1e3:N0} MB of vectors): at most {most / 1e6:0.0} MB alive.");
    }

    private static async Task<double> ByAdapterAsync(VllmInferenceAdapter adapter, string[] texts, int parallel)
    {
        EmbeddingResult result = await adapter.EmbedAsync(new EmbeddingRequest
        {
            Inputs = [.. texts.Select(PoolingInput.FromText)],
            MaxBatchSize = BatchSize,
            MaxParallelRequests = parallel,
        });
        return result.Vectors.Sum(vector => (double)vector.Span[^1]);
    }

    private static async Task<double> BySdkAsync(EmbeddingClient client, string[] texts)
    {
        List<ReadOnlyMemory<float>> vectors = [];
        foreach (string[] batch in texts.Chunk(BatchSize))
        {
            OpenAIEmbeddingCollection embeddings = await client.GenerateEmbeddingsAsync(batch);
            foreach (OpenAIEmbedding embedding in embeddings)
                vectors.Add(embedding.ToFloats());
        }

        return vectors.Sum(vector => (double)vector.Span[^1]);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    /// <summary>Answers a request for as many vectors as it has inputs, by bytes that were written before.</summary>
    private sealed class CannedVectors : HttpMessageHandler
    {
        private readonly Dictionary<int, byte[]> _bodies = new()
        {
            [BatchSize] = BodyOf(BatchSize),
            [Texts % BatchSize] = BodyOf(Texts % BatchSize),
            [ManyTexts % BatchSize] = BodyOf(ManyTexts % BatchSize),
        };

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Counted off the bytes, so that what the server costs is little, and the same for both.
            byte[] question = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            int inputs = question.AsSpan().Count("the llama"u8);
            var content = new ByteArrayContent(_bodies[inputs]);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return new HttpResponseMessage { Content = content, RequestMessage = request };
        }

        private static byte[] BodyOf(int count)
        {
            var random = new Random(count);
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                json.WriteStartObject();
                json.WriteString("id", "embd-a81c6fa8d9f20406");
                json.WriteString("object", "list");
                json.WriteNumber("created", 1795645321);
                json.WriteString("model", "m");
                json.WriteStartArray("data");
                for (int index = 0; index < count; index++)
                {
                    json.WriteStartObject();
                    json.WriteNumber("index", index);
                    json.WriteString("object", "embedding");
                    byte[] bytes = new byte[Dimensions * sizeof(float)];
                    for (int at = 0; at < Dimensions; at++)
                        BitConverter.TryWriteBytes(bytes.AsSpan(at * sizeof(float)), random.NextSingle() - 0.5f);
                    json.WriteString("embedding", Convert.ToBase64String(bytes));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteStartObject("usage");
                json.WriteNumber("prompt_tokens", 10 * count);
                json.WriteNumber("total_tokens", 10 * count);
                json.WriteNumber("completion_tokens", 0);
                json.WriteNull("prompt_tokens_details");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            return buffer.ToArray();
        }
    }
}
