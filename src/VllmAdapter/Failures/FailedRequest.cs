using System.Net;
using System.Security.Authentication;

namespace VllmAdapter;

/// <summary>All that is known of a request that never became a stream.</summary>
internal sealed record FailedRequest
{
    /// <summary>Null if there was no response.</summary>
    public HttpStatusCode? Status { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The server's certificate was not accepted, or what answers speaks no TLS.</summary>
    public bool FailedToSecure => Cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException };

    /// <summary>Whether the connection failed for a reason that time does not mend.</summary>
    public bool WillFailAgain => FailedToSecure || BrokeWhileSending is not null || Cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.VersionNegotiationError or HttpRequestError.ConfigurationLimitExceeded,
    };

    /// <summary>What the body says, or the error event that came first.</summary>
    public ServerError Error { get; init; } = ServerError.Empty;

    /// <summary>True if the error came as the first event of a 200.</summary>
    public bool InsideStream { get; init; }

    /// <summary>The request's address; only scheme, host, port and path are ever shown.</summary>
    public Uri? Address { get; init; }

    /// <summary>What a good answer would have been.</summary>
    public string Expected { get; init; } = "an event stream";

    /// <summary>True for a route that servers answer 403 for as long as it is switched off.</summary>
    public bool MayBeSwitchedOff { get; init; }

    public string? Model { get; init; }

    public int? AskedMaxTokens { get; init; }

    public string? RequestId { get; init; }

    public int Attempts { get; init; } = 1;

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Set if our own clock gave the request up: how long it had waited.</summary>
    public TimeSpan? GaveUpAfter { get; init; }

    /// <summary>True if a strategy on our own side kept it from being sent.</summary>
    public bool WasRejected { get; init; }

    /// <summary>Set if the connection broke while a long body was being sent: the size of the body.</summary>
    public long? BrokeWhileSending { get; init; }

    /// <summary>Set if the caller's own client followed a redirect: where it sent the request.</summary>
    public Uri? FollowedTo { get; init; }

    /// <summary>Set if the answer was larger than the most that is read of one: that limit, in bytes.</summary>
    public long? LargerThan { get; init; }

    /// <summary>Kept out of all texts, should a gateway repeat it.</summary>
    public string? ApiKey { get; init; }

    public Exception? Cause { get; init; }
}
