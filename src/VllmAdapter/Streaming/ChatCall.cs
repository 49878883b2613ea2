using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace VllmAdapter;

/// <summary>One call, ready to be sent: everything that the request and the options had to say is decided.</summary>
internal sealed record ChatCall
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public required VllmTransport Transport { get; init; }

    public required byte[] Body { get; init; }

    public required AskedFor Asked { get; init; }

    public required IStreamTerminationPolicy Termination { get; init; }

    public required IncompleteStreams IncompleteStreams { get; init; }

    public required int MaxEventBytes { get; init; }

    /// <summary>For the headers of a streamed reply; those of a whole one come with the reply, and the policy watches over it.</summary>
    public TimeSpan? HeadersLimit { get; init; }

    public bool AsksForWholeReply { get; init; }

    public RequestHeaders? Headers { get; init; }

    public string? Model { get; init; }

    public required Func<string> NewRequestId { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public TimeProvider Clock => Transport.Clock;

    public HttpRequestMessage NewMessage(string requestId)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, Transport.Endpoint.At(VllmEndpoint.ChatCompletions))
        {
            Content = new ByteArrayContent(Body) { Headers = { ContentType = Json } },
        };
        message.Headers.Accept.ParseAdd(AsksForWholeReply ? "application/json" : "text/event-stream");
        message.Headers.TryAddWithoutValidation("X-Request-Id", requestId);
        Headers?.ApplyTo(message.Headers);
        return message;
    }

    /// <summary>What a failure is to say of this call.</summary>
    public FailedRequest About(string requestId) =>
        Transport.About(VllmEndpoint.ChatCompletions, requestId) with { Model = Model, AskedMaxTokens = Asked.OutputCap };
}
