using System.Net;

namespace VllmAdapter;

/// <summary>Says what a refused request means for its caller; a pure function of what the server answered.</summary>
internal static class FailureClassifier
{
    /// <param name="facts">All that is known of the request; keys are hidden in the server's words already.</param>
    public static FailureMeaning Classify(FailureFacts facts)
    {
        ContextRefusal? refusal = null;
        ServerError error = facts.Error;
        string words = RepeatedRequest.Own(error.Message);
        string? part = error.IsDeclared ? RequestMedia.PartBlamedBy(words, facts.RequestBody) : null;
        bool isAnswered = facts.Status is not null || facts.InsideStream;
        bool isSuccess = (int?)facts.Status is < 300 && !facts.InsideStream;

        // Strongest evidence first: the server's words outrank its code, which old versions get wrong.
        RequestFailure failure = CodeOf(facts) switch
        {
            _ when facts.WasRejected => RequestFailure.NotSent,
            _ when facts.GaveUpAfter is not null => RequestFailure.Timeout,
            _ when facts.FollowedTo is not null => RequestFailure.UnexpectedContent,
            _ when !isAnswered => NoAnswer(facts),
            _ when facts.BrokeOffAfter is not null => RequestFailure.ConnectionFailed,
            _ when facts.Invalid is not null && !error.IsDeclared => RequestFailure.InvalidReply,
            _ when isSuccess && !error.IsDeclared => RequestFailure.UnexpectedContent,
            >= 300 and < 400 => RequestFailure.UnexpectedContent,
            _ when ServerSigns.SayEngineDied(words) => RequestFailure.EngineDead,
            _ when ServerSigns.SayQueueIsFull(words) => RequestFailure.Overloaded,
            null or 400 or 500 when ServerSigns.SayNumberIsNone(words) => RequestFailure.InvalidReply,
            null or 400 or 413 or 422 or 500 when ReadRefusal(out refusal) => RequestFailure.ContextWindowExceeded,
            null or 400 or 404 or 422 or 500 or 501 when part is not null || RequestMedia.IsBlamed(words) => RequestFailure.BadRequest,
            null or 400 or 403 or 404 or 500 or 501 when ServerSigns.SayRouteIsNotOffered(words) => RequestFailure.RouteNotFound,
            null or 400 or 404 or 500 when ServerSigns.SayAdapterIsUnfit(words) => RequestFailure.BadRequest,
            var code and (null or 400 or 404) when ServerSigns.SayModelIsUnknown(code, error, words) => RequestFailure.ModelNotFound,
            null or >= 500 when ServerSigns.SayGatewayLostItsServer(error, words) => RequestFailure.Unavailable,
            // 0.8.5 answers so to everything once its engine died.
            500 when SaysNothing(error) => RequestFailure.EngineDead,
            // vLLM says why it refuses; YARP answers so when a route's TimeoutPolicy ended.
            400 when SaysNothing(error) => RequestFailure.Unavailable,
            401 or 407 => RequestFailure.Unauthorized,
            402 or 403 => RequestFailure.Forbidden,
            404 or 405 or 421 => RequestFailure.RouteNotFound,
            501 => ServerSigns.SayPartIsNotImplemented(error, words) ? RequestFailure.BadRequest : RequestFailure.RouteNotFound,
            408 or 504 or 524 => RequestFailure.Timeout,
            429 => RequestFailure.RateLimited,
            529 => RequestFailure.Overloaded,
            425 or 502 or 503 or (>= 520 and <= 530) => RequestFailure.Unavailable,
            >= 400 and < 500 => RequestFailure.BadRequest,
            _ => RequestFailure.ServerError,
        };
        if (failure == RequestFailure.Forbidden && facts.MayBeSwitchedOff && CodeOf(facts) == 403)
            failure = RequestFailure.RouteNotFound;

        bool isQuotaSpent = failure is RequestFailure.RateLimited or RequestFailure.Forbidden && ServerSigns.SayQuotaIsSpent(CodeOf(facts), error, words);
        return new(failure)
        {
            Refusal = refusal,
            BlamedPart = failure == RequestFailure.BadRequest ? part : null,
            IsQuotaSpent = isQuotaSpent,
            IsRetryable = CanPass(failure) && !isQuotaSpent && !facts.WillFailAgain,
        };

        bool ReadRefusal(out ContextRefusal? read) =>
            ContextRefusalReader.TryRead(words, error.Parameter, facts.RequestedMaxTokens, out read, MayShowLessThanTheWindow(facts.Address))
            || (error.Code is "context_length_exceeded" && (read = new()) is not null);
    }

    private static int? CodeOf(FailureFacts facts) =>
        (int?)facts.Status is >= 300 and var failed ? failed
        : facts.Error.CodeNumber is >= 400 and <= 599 and var told ? told
        : ServerSigns.CodeOf(facts.Error.Code) ?? ServerSigns.CodeOf(facts.Error.Type);

    private static RequestFailure NoAnswer(FailureFacts facts) => facts.RefusedByProxy switch
    {
        HttpStatusCode.ProxyAuthenticationRequired => RequestFailure.Unauthorized,
        HttpStatusCode.Forbidden => RequestFailure.Forbidden,
        _ => RequestFailure.ConnectionFailed,
    };

    private static bool SaysNothing(ServerError error) => string.IsNullOrWhiteSpace(error.Raw) && error.Message is null && !error.IsCut;

    // vLLM 0.11 subtracts max tokens from the window that it names, on this route always.
    private static bool MayShowLessThanTheWindow(Uri? address) =>
        address?.AbsolutePath is { } path
        && path.EndsWith("/completions", StringComparison.Ordinal) && !path.EndsWith("/chat/completions", StringComparison.Ordinal);

    /// <summary>Whether a failure of this kind may go away by itself.</summary>
    public static bool CanPass(RequestFailure failure) => failure
        is RequestFailure.RateLimited
        or RequestFailure.Overloaded
        or RequestFailure.Unavailable
        or RequestFailure.EngineDead
        or RequestFailure.ConnectionFailed
        or RequestFailure.Timeout
        or RequestFailure.NotSent;
}
