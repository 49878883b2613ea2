using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatMessage = OpenAI.Chat.ChatMessage;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>One way to read an answer; each tells its observer when a piece of text came, and when it was sent.</summary>
internal abstract class Lane(string name)
{
    public const string Question = "Tell me about llamas.";

    public string Name { get; } = name;

    /// <summary>All of them, each with a client of its own.</summary>
    public static Lane[] All() => [new BareLane(), new AdapterLane(), new OpenAILane(), new ExtensionsLane()];

    public abstract Task ReadAsync(Uri address, Observer observer, CancellationToken cancellationToken);

    /// <summary>What a test of its own observes of an answer.</summary>
    public abstract class Observer
    {
        public abstract void Came(long sentAt);

        public void Came(string text)
        {
            if (text.Length > 0)
                Came(long.Parse(text, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture));
        }
    }

    protected static ChatClient OpenAI(HttpClient http, Uri address) => new("granite", new ApiKeyCredential("none"), new OpenAIClientOptions
    {
        Endpoint = new Uri(address, "v1"),
        Transport = new HttpClientPipelineTransport(http),
    });
}

/// <summary>HttpClient and SseParser, and not a look at the JSON but for the text.</summary>
internal sealed class BareLane() : Lane("HttpClient + SseParser, no JSON")
{
    private readonly HttpClient _http = new();

    private static readonly byte[] Body =
        """{"model":"granite","messages":[{"role":"user","content":"Tell me about llamas."}],"stream":true}"""u8.ToArray();

    public override async Task ReadAsync(Uri address, Observer observer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "v1/chat/completions"))
        {
            Content = new ByteArrayContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (SseItem<long> item in SseParser.Create(stream, static (_, data) => SentAt(data)).EnumerateAsync(cancellationToken))
        {
            if (item.Data > 0)
                observer.Came(item.Data);
        }
    }

    private static long SentAt(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> before = "\"content\":\" "u8;
        int at = data.IndexOf(before);
        return at < 0 ? 0 : long.Parse(data.Slice(at + before.Length, 16), CultureInfo.InvariantCulture);
    }
}

internal sealed class AdapterLane() : Lane("VllmAdapter")
{
    private readonly Dictionary<Uri, VllmInferenceAdapter> _adapters = [];

    public override async Task ReadAsync(Uri address, Observer observer, CancellationToken cancellationToken)
    {
        await foreach (ChatChunk chunk in AdapterFor(address).StreamChatAsync(Question, cancellationToken))
            observer.Came(chunk.Text);
    }

    private VllmInferenceAdapter AdapterFor(Uri address)
    {
        lock (_adapters)
        {
            if (!_adapters.TryGetValue(address, out VllmInferenceAdapter? adapter))
                _adapters.Add(address, adapter = new VllmInferenceAdapter(address, new VllmAdapterOptions { Model = "granite" }));

            return adapter;
        }
    }
}

internal sealed class OpenAILane() : Lane("OpenAI SDK")
{
    private readonly HttpClient _http = new();
    private readonly Dictionary<Uri, ChatClient> _clients = [];

    public override async Task ReadAsync(Uri address, Observer observer, CancellationToken cancellationToken)
    {
        ChatMessage[] messages = [new UserChatMessage(Question)];
        await foreach (StreamingChatCompletionUpdate update in ClientFor(address).CompleteChatStreamingAsync(messages, cancellationToken: cancellationToken))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                observer.Came(part.Text);
        }
    }

    private ChatClient ClientFor(Uri address)
    {
        lock (_clients)
        {
            if (!_clients.TryGetValue(address, out ChatClient? client))
                _clients.Add(address, client = OpenAI(_http, address));

            return client;
        }
    }
}

internal sealed class ExtensionsLane() : Lane("Microsoft.Extensions.AI.OpenAI")
{
    private readonly HttpClient _http = new();
    private readonly Dictionary<Uri, IChatClient> _clients = [];

    public override async Task ReadAsync(Uri address, Observer observer, CancellationToken cancellationToken)
    {
        await foreach (ChatResponseUpdate update in ClientFor(address).GetStreamingResponseAsync(Question, options: null, cancellationToken))
            observer.Came(update.Text);
    }

    private IChatClient ClientFor(Uri address)
    {
        lock (_clients)
        {
            if (!_clients.TryGetValue(address, out IChatClient? client))
                _clients.Add(address, client = OpenAI(_http, address).AsIChatClient());

            return client;
        }
    }
}
