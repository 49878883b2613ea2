using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace VllmAdapter;

/// <summary>One call, ready to be sent: everything that the request and the options had to say is decided. Chats, and whatever else is streamed.</summary>
internal sealed record ChatCall
{
    public required VllmTransport Transport { get; init; }

    /// <summary>The route, from the server's root.</summary>
    public required string Path { get; init; }

    /// <summary>What spans and measurements call it (<c>gen_ai.operation.name</c>).</summary>
    public required string Operation { get; init; }

    /// <summary>The body; where a form is sent, its fields as JSON, for all that reads off them what was asked for.</summary>
    public required byte[] Body { get; init; }

    /// <summary>What is sent in place of <see cref="Body"/>; null where that is sent itself.</summary>
    public FormBody? Form { get; init; }

    public required RequestEvidence Evidence { get; init; }

    /// <summary>The context window, where a call may be cut by one that nobody knows yet.</summary>
    public WindowQuestion? Window { get; init; }

    /// <summary>The images that the server keeps; null if there are none, or if all of them are sent each time.</summary>
    public ImagesOnce? Images { get; init; }

    /// <summary>The fields that not every server knows; null if there is none, or nobody wants to know.</summary>
    public FieldQuestion? Fields { get; init; }

    public required IStreamTerminationPolicy Termination { get; init; }

    public required IncompleteStreamBehavior OnIncompleteStream { get; init; }

    /// <summary>The same of the adapter, where a request does not say.</summary>
    public IncompleteStreamBehavior DefaultBehavior { get; init; } = IncompleteStreamBehavior.Throw;

    public required int MaxEventBytes { get; init; }

    public required long MaxReplyBytes { get; init; }

    public bool ExpectsSentinel { get; init; } = true;

    /// <summary>For the headers of a streamed reply; those of a whole one come with the reply, and the policy watches over it.</summary>
    public TimeSpan? HeadersLimit { get; init; }

    public bool AsksForWholeReply { get; init; }

    public RequestHeaders? Headers { get; init; }

    public string? Model { get; init; }

    public required Func<string> NewRequestId { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Around sending the request and reading the first event.</summary>
    public required AttemptPipeline Resilience { get; init; }

    /// <summary>The places for answers under way; null for no limit.</summary>
    public StreamSlots? Slots { get; init; }

    /// <summary>Which request of a recovered answer this is, from 1.</summary>
    public int Part { get; init; } = 1;

    /// <summary>When the first request of a recovered answer began, for the limit on the whole; null for a request of its own.</summary>
    public long? BeganAt { get; init; }

    /// <summary>For the silence before the first chunk, where the policy names it.</summary>
    public TimeSpan? FirstChunkLimit => PolicyTraits.Of(Termination).BeforeFirstChunk;

    public TimeProvider Clock => Transport.Clock;

    /// <summary>The keys that the request carries.</summary>
    public Secrets Secrets { get; init; } = Secrets.None;

    public HttpRequestMessage NewMessage(string requestId)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, Transport.Endpoint.At(Path))
        {
            Content = Form?.NewContent() ?? new BufferedBody(Body),
        };
        message.Headers.TryAddWithoutValidation("Accept", AsksForWholeReply ? "application/json" : "text/event-stream");

        // A compressed stream is held back by its compressor, and some compressions do not show that they were cut.
        message.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        Headers?.ApplyTo(message.Headers);
        message.Headers.Remove(RequestHeaders.IdHeader);
        message.Headers.TryAddWithoutValidation(RequestHeaders.IdHeader, requestId);
        return message;
    }

    /// <summary>The id of an attempt, from 1: every attempt has its own, for servers before 0.14 break when two share one.</summary>
    public string IdOf(int attempt) => Headers?.GivenId is { } given
        ? given + (Part == 1 ? "" : $"-part{Part}") + (attempt == 1 ? "" : $"-{attempt}")
        : NewRequestId();

    /// <summary>What a failure is to say of this call.</summary>
    public FailureFacts About(string requestId, int attempts) => Transport.About(Path, requestId) with
    {
        Model = Model,
        RequestBody = Body,
        FormLength = Form?.Bytes.Length,
        Secrets = Secrets,
        RequestedMaxTokens = Evidence.MaxTokens,
        Attempts = attempts,
    };
}
