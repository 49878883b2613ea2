using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using OpenAI;
using OpenAI.Chat;

namespace VllmAdapter.Benchmarks;

/// <summary>What a stream holds on to while its server says nothing: the memory that 5,000 of them keep alive after their first chunk.</summary>
internal static class IdleReport
{
    private const int Streams = 5_000;

    public static async Task RunAsync()
    {
        var handler = new SilentServer(CannedStream.Bytes(chunks: 1, continuousUsage: true));
        var adapter = new VllmInferenceAdapter(new HttpClient(handler), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });
        var openAI = new ChatClient("granite", new ApiKeyCredential("none"), new OpenAIClientOptions
        {
            Endpoint = new Uri("http://vllm.test/v1"),
            Transport = new HttpClientPipelineTransport(new HttpClient(handler)),
        });

        Console.WriteLine($"| {Streams:N0} streams that wait for their next chunk | alive a stream |");
        Console.WriteLine("|---|---:|");
        await ReportAsync("VllmAdapter", () => adapter.StreamChatAsync("Tell me about llamas.").GetAsyncEnumerator());
        await ReportAsync("OpenAI SDK", () => openAI.CompleteChatStreamingAsync("Tell me about llamas.").GetAsyncEnumerator());
    }

    private static async Task ReportAsync<T>(string name, Func<IAsyncEnumerator<T>> open)
    {
        List<(IAsyncEnumerator<T> Stream, Task Next)> waiting = [await WaitForMoreAsync(open())];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Streams; i++)
            waiting.Add(await WaitForMoreAsync(open()));

        long alive = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"| {name} | {(double)alive / Streams / 1024:N1} KiB |");
        GC.KeepAlive(waiting);
    }

    private static async Task<(IAsyncEnumerator<T> Stream, Task Next)> WaitForMoreAsync<T>(IAsyncEnumerator<T> stream)
    {
        ValueTask<bool> next;
        while ((next = stream.MoveNextAsync()).IsCompleted)
            await next;

        return (stream, next.AsTask());
    }

    /// <summary>Sends the beginning of an answer, and nothing more.</summary>
    private sealed class SilentServer(byte[] start) : HttpMessageHandler
    {
        private static readonly byte[] FirstPartEnd = "\n\n"u8.ToArray();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            int first = start.AsSpan().IndexOf(FirstPartEnd) + FirstPartEnd.Length;
            var content = new StreamContent(new Silence(start[..first])) { Headers = { ContentType = new("text/event-stream") } };
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
        }
    }

    private sealed class Silence(byte[] start) : MemoryStream(start, writable: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Read(buffer.Span);
            if (count == 0)
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);

            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
