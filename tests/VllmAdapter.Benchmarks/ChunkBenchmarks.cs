using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.ServerSentEvents;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Jobs;
using OpenAI;
using OpenAI.Chat;

namespace VllmAdapter.Benchmarks;

/// <summary>
/// What one chunk costs, side by side on the same bytes: the floor (the framework's event parser and a bare walk over the JSON), this
/// adapter, and the OpenAI SDK. The figures to hold: at most 1.5 times the floor's time and 160 bytes a chunk.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RuntimeMoniker.HostProcess, launchCount: 1, warmupCount: 3, iterationCount: 8)]
[HideColumns("Error", "StdDev", "RatioSD", "Gen0", "Gen1", "Gen2", "Alloc Ratio")]
public class ChunkBenchmarks
{
    private const int Chunks = 200_000;

    private byte[] _body = [];
    private VllmInferenceAdapter _adapter = null!;
    private ChatRequest _request = null!;
    private ChatClient _openAI = null!;

    [Params("content", "usage in each", "two choices in turn", "escaped text", "tool arguments")]
    public string Shape { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _body = CannedStream.Bytes(Enumerable.Range(0, Chunks).Select(i => Shape switch
        {
            "content" => CannedStream.Content(CannedStream.Word(i)),
            "usage in each" => CannedStream.Content(CannedStream.Word(i), tokens: i + 1),
            "two choices in turn" => CannedStream.Content(CannedStream.Word(i), choice: i % 2),
            "escaped text" => CannedStream.Content(CannedStream.Word(i) + """\n\u00e9"""),
            _ => i == 0 ? CannedStream.CallBegins : CannedStream.Arguments(i == 1 ? "{\\\"text\\\": \\\"" : CannedStream.Word(i)),
        }));
        _request = ChatRequest.FromPrompt("Tell me about llamas.") with { ChoiceCount = Shape == "two choices in turn" ? 2 : null };
        var handler = new CannedStream(_body);
        _adapter = new VllmInferenceAdapter(new HttpClient(handler), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });
        _openAI = new ChatClient("granite", new ApiKeyCredential("none"), new OpenAIClientOptions
        {
            Endpoint = new Uri("http://vllm.test/v1"),
            Transport = new HttpClientPipelineTransport(new HttpClient(handler)),
        });
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Chunks, Description = "floor")]
    public async Task<long> Floor()
    {
        long tokens = 0;
        var parser = SseParser.Create(new MemoryStream(_body, writable: false), static (_, data) => Walk(data));
        await foreach (SseItem<int> item in parser.EnumerateAsync())
            tokens += item.Data;

        return tokens;
    }

    [Benchmark(OperationsPerInvoke = Chunks, Description = "VllmAdapter")]
    public async Task<long> Adapter()
    {
        long length = 0;
        await foreach (ChatChunk chunk in _adapter.StreamChatAsync(_request))
            length += chunk.Text.Length;

        return length;
    }

    [Benchmark(OperationsPerInvoke = Chunks, Description = "OpenAI SDK")]
    public async Task<long> OpenAISdk()
    {
        long length = 0;
        await foreach (StreamingChatCompletionUpdate update in _openAI.CompleteChatStreamingAsync("Tell me about llamas."))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                length += part.Text.Length;
        }

        return length;
    }

    private static int Walk(ReadOnlySpan<byte> data)
    {
        int tokens = 0;
        if (data[0] != '{')
            return tokens;

        var reader = new Utf8JsonReader(data);
        while (reader.Read())
            tokens++;

        return tokens;
    }
}
