using System.Net;
using System.Security.Authentication;

namespace VllmAdapter;

/// <summary>All that is known of a request that never became a stream.</summary>
internal sealed record FailureFacts
{
    /// <summary>What is expected of a route on which a model writes.</summary>
    public const string Events = "an event stream";

    /// <summary>Null if there was no response.</summary>
    public HttpStatusCode? Status { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The length that the response declared; null if it declared none.</summary>
    public long? ContentLength { get; init; }

    /// <summary>Where a redirect leads.</summary>
    public Uri? Location { get; init; }

    /// <summary>How a 401 or 407 wants to be answered: the first word of its challenge, such as "Basic".</summary>
    public string? Challenge { get; init; }

    /// <summary>What the body says, or the error event that came first.</summary>
    public ServerError Error { get; init; } = ServerError.Empty;

    /// <summary>True if the error came as the first event of a 200.</summary>
    public bool InsideStream { get; init; }

    /// <summary>The request's address; only scheme, host, port and path are ever shown.</summary>
    public Uri? Address { get; init; }

    /// <summary>What was sent; empty for a request without a body.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; init; }

    /// <summary>The size of what was sent in place of <see cref="RequestBody"/>, in bytes; null if that was sent itself.</summary>
    public long? FormLength { get; init; }

    /// <summary>What a good answer would have been.</summary>
    public string Expected { get; init; } = Events;

    /// <summary>What of a larger call the request is about, such as <c>Inputs[128] to [255]</c>; null if it is all of it.</summary>
    public string? Portion { get; init; }

    /// <summary>True for a route that servers answer 403 for as long as it is switched off.</summary>
    public bool MayBeSwitchedOff { get; init; }

    public string? Model { get; init; }

    public int? RequestedMaxTokens { get; init; }

    public string? RequestId { get; init; }

    public int Attempts { get; init; } = 1;

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Set if our own clock gave the request up: how long it had waited.</summary>
    public TimeSpan? GaveUpAfter { get; init; }

    /// <summary>Set if a reply broke off after its headers and before its first event: how long nothing had come by then.</summary>
    public TimeSpan? BrokeOffAfter { get; init; }

    /// <summary>How many events were handed out before the reply failed; null if it is not a stream of events, or none came.</summary>
    public int? EventsBefore { get; init; }

    /// <summary>True if a strategy on our own side kept it from being sent.</summary>
    public bool WasRejected { get; init; }

    /// <summary>Set if the connection broke while a long body was being sent: the size of the body.</summary>
    public long? BrokeWhileSending { get; init; }

    /// <summary>Set if the caller's own client followed a redirect: where it sent the request.</summary>
    public Uri? FollowedTo { get; init; }

    /// <summary>Set if the answer was larger than the most that is read of one: that limit, in bytes.</summary>
    public long? LargerThan { get; init; }

    /// <summary>The option that sets that limit.</summary>
    public string LimitedBy { get; init; } = nameof(VllmAdapterOptions.MaxEventBytes);

    /// <summary>Set if a success of the right kind is not a complete answer to the request: what is wrong with it, as a clause without a full stop.</summary>
    public string? Invalid { get; init; }

    /// <summary>Kept out of all texts, should a gateway repeat them.</summary>
    public Secrets Secrets { get; init; } = Secrets.None;

    public Exception? Cause { get; init; }

    /// <summary>Whether a model that writes nothing was asked: it has inputs, not messages, and no output to be shortened.</summary>
    public bool IsOfPooling => Address is { IsAbsoluteUri: true, AbsolutePath: var path }
        && path[(path.LastIndexOf('/') + 1)..] is "embeddings" or "embed" or "rerank" or "score" or "classify" or "pooling";

    /// <summary>The server's certificate was not accepted, or what answers speaks no TLS.</summary>
    public bool FailedToSecure => Cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException };

    /// <summary>Of the two the latter, as .NET says it: the first bytes were no frame of TLS.</summary>
    public bool SpeaksNoTls => FailedToSecure && Cause?.InnerException?.Message.Contains("frame", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>The status with which a proxy refused to make the connection; null if none did.</summary>
    public HttpStatusCode? RefusedByProxy => Cause switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } fault when fault.Message.Contains("'407'", StringComparison.Ordinal) =>
            HttpStatusCode.ProxyAuthenticationRequired,
        HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } fault when fault.Message.Contains("'403'", StringComparison.Ordinal) =>
            HttpStatusCode.Forbidden,
        _ => null,
    };

    /// <summary>Whether the connection failed for a reason that time does not mend.</summary>
    public bool WillFailAgain => FailedToSecure || BrokeWhileSending is not null || Cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.VersionNegotiationError or HttpRequestError.ConfigurationLimitExceeded,
    };

    /// <summary>The same without keys in the server's words.</summary>
    public FailureFacts Washed() => this with { Error = Error.Without(Secrets), ContentType = Secrets.Hide(ContentType) };
}
