using System.Net;

namespace VllmAdapter;

/// <summary>
/// The request never became a stream: the server refused it, could not be reached, or is not a vLLM server.
/// </summary>
/// <remarks>
/// Cancellation by the caller is never reported this way. The API key appears in none of the texts. The server's text
/// may repeat the request, so <see cref="ServerMessage"/> and <see cref="ResponseBody"/> are as confidential as the
/// prompt; <see cref="Exception.Message"/> quotes only the server's own words.
/// </remarks>
public sealed class VllmRequestException : VllmException
{
    /// <summary>Makes an exception such as an adapter would throw; for tests, decorators and stand-ins.</summary>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="failure">What went wrong; <see cref="IsRetryable"/> follows from it.</param>
    /// <param name="statusCode">The HTTP status; null if there was no response.</param>
    /// <param name="innerException">What caused it, or null.</param>
    public VllmRequestException(string message, RequestFailure failure, HttpStatusCode? statusCode = null, Exception? innerException = null)
        : base(message, innerException)
    {
        (Failure, StatusCode) = (failure, statusCode);
        IsRetryable = FailureClassifier.CanPass(failure);
        Attempts = failure == RequestFailure.NotSent ? 0 : 1;
    }

    /// <summary>The HTTP status; 200 if the error came inside it, null if there was no response.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>What went wrong, by what to do about it.</summary>
    public RequestFailure Failure { get; }

    /// <summary>The server's own text, unabridged if it was JSON; null if it sent none.</summary>
    public string? ServerMessage { get; init; }

    /// <summary>The server's word for the kind of error ("BadRequestError"), or null.</summary>
    public string? ServerErrorType { get; init; }

    /// <summary>The field of the request that the server blames ("max_tokens", "body.messages"), or null.</summary>
    public string? Parameter { get; init; }

    /// <summary>The server's error code as text, whether it sent a number or a word, or null.</summary>
    public string? ServerErrorCode { get; init; }

    /// <summary>
    /// The id that was sent with the last attempt, to be found in the server's log; null if none was sent.
    /// </summary>
    public string? RequestId { get; init; }

    /// <summary>How many times the request was sent; 0 only with <see cref="RequestFailure.NotSent"/>.</summary>
    public int Attempts { get; init; }

    /// <summary>How long the server asked to wait before the next attempt; null if it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// The numbers behind <see cref="RequestFailure.ContextWindowExceeded"/>; null for every other failure.
    /// </summary>
    public ContextRefusal? ContextRefusal { get; init; }

    /// <summary>True if the same request may succeed later.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>The beginning of the response body, or the error event, as received; null if there was none.</summary>
    /// <value>At most about 4,000 characters.</value>
    public string? ResponseBody { get; init; }

    /// <summary>Whether our own clock gave it up.</summary>
    internal bool GaveUp { get; private init; }

    /// <summary>Whether it is not to be tried again although it might succeed: what may be waited for is spent.</summary>
    internal bool IsFinal { get; set; }

    internal static VllmRequestException For(FailureFacts facts)
    {
        FailureFacts safe = facts.Washed();
        ServerError error = safe.Error;
        FailureMeaning meaning = FailureClassifier.Classify(safe);

        // What .NET says of a broken header or chunk repeats its bytes; its words are quoted with the key hidden, the exception is not kept.
        Exception? cause = safe.Secrets.AreIn(safe.Cause?.ToString()) ? null : safe.Cause;
        return new(FailureSentence.Compose(safe, meaning), meaning.Failure, safe.Status, cause)
        {
            ServerMessage = error.Message,
            ServerErrorType = error.Type,
            Parameter = error.Parameter,
            ServerErrorCode = error.Code,
            RequestId = safe.RequestId,
            Attempts = safe.Attempts,
            RetryAfter = safe.RetryAfter,
            ContextRefusal = meaning.Refusal,
            IsRetryable = meaning.IsRetryable,
            GaveUp = safe.GaveUpAfter is not null,
            ResponseBody = error.Raw.Length > 0 ? error.Raw : null,
        };
    }
}
