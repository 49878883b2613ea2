using System.Globalization;

namespace VllmAdapter;

/// <summary>Writes a failure as one or two sentences: what happened, with the numbers, and the way out.</summary>
internal static class FailureSentence
{
    private const int Quoted = 300;

    public static string Compose(FailedRequest request, RequestFailure failure, ContextRefusal? refusal)
    {
        string said = ServerWords.Quote(request.Error.Message, Quoted) is { } quote ? $": {Sentence(quote)}" : ".";

        return (failure, request) switch
        {
            (RequestFailure.ContextWindowExceeded, _) => ContextWindow(refusal ?? new(), Answered(request), said),
            (RequestFailure.ConnectionFailed, { FailedToSecure: true }) =>
                $"No secure connection{At(request)}{Again(request)}{Because(request.Cause!.InnerException)} "
                + "Check the server's certificate, and that it is https at all.",
            (RequestFailure.ConnectionFailed, { BrokeWhileSending: { } size }) =>
                $"The connection{At(request)} broke while {Megabytes(size)} were being sent{Again(request)}{Because(request.Cause)} "
                + "A body limit of a proxy is likely (nginx: client_max_body_size): send less, or raise it.",
            (RequestFailure.ConnectionFailed, _) =>
                $"No connection{At(request)}{Again(request)}{Because(request.Cause)} Check that a vLLM server listens there.",
            (RequestFailure.NotSent, _) =>
                $"The request was not sent{At(request)}{Because(request.Cause)} Wait{After(request)}, or ask another server.",
            (RequestFailure.Timeout, { GaveUpAfter: { } waited }) =>
                $"No answer within {Seconds(waited)}{At(request)}{Again(request)}. "
                + "Raise the limit (TimeLimits, or the Timeout of an HttpClient of your own), or see the server's load.",
            (RequestFailure.NotSse, { FollowedTo: { } other }) =>
                $"The HttpClient followed a redirect to {Place(other)} and sent the request there; what came back was not read. "
                + "Set the endpoint to the final address, and AllowAutoRedirect of the client's handler to false.",
            (RequestFailure.NotSse, { Status: { } status, LargerThan: { } limit }) =>
                $"The server answered {(int)status} with more than {limit.ToString("N0", CultureInfo.InvariantCulture)} bytes{At(request)}, too many for "
                + $"{request.Expected}. Raise VllmAdapterOptions.MaxEventBytes, or check that the endpoint is a vLLM server.",
            (RequestFailure.NotSse, { Status: { } status }) when (int)status < 300 =>
                $"The server answered {(int)status} with {MediaType(request)}, which is not {request.Expected}{said} "
                + $"Check that the endpoint is a vLLM server{At(request)}.",
            _ => $"{WhatHappened(request, failure)} ({Answered(request)}){said} {WayOut(request, failure)}",
        };
    }

    private static string WhatHappened(FailedRequest request, RequestFailure failure) => failure switch
    {
        RequestFailure.ModelNotFound when request.Model is { } model => $"The server has no model '{model}'",
        RequestFailure.ModelNotFound => "The server has no such model",
        RequestFailure.NotOffered => $"The server does not offer {request.Address?.AbsolutePath ?? "this"}",
        RequestFailure.Unauthorized => "The server did not accept the API key",
        RequestFailure.Forbidden => "The server forbids this",
        RequestFailure.BadRequest => "The server refused the request",
        RequestFailure.RateLimited => "Too many requests",
        RequestFailure.Overloaded => "The server's queue is full",
        RequestFailure.Unavailable => "No working vLLM behind this address",
        RequestFailure.EngineDead => "The engine behind the server died",
        RequestFailure.NotSse => "The server redirects elsewhere",
        RequestFailure.Timeout => "A gateway waited too long for the server",
        _ => "The server failed on this request",
    };

    private static string WayOut(FailedRequest request, RequestFailure failure) => failure switch
    {
        RequestFailure.ModelNotFound => "Choose one that it lists at /v1/models.",
        RequestFailure.NotOffered => "Check the endpoint's address, the server's version and its start options.",
        RequestFailure.Unauthorized => "Set VllmAdapterOptions.ApiKey to a key that the server was started with.",
        RequestFailure.Forbidden => "It may be switched off there, or not allowed for this key.",
        RequestFailure.BadRequest => "Correct the request; sent again it will fail again.",
        RequestFailure.RateLimited or RequestFailure.Overloaded or RequestFailure.Unavailable
            when request.RetryAfter is { } wait => $"Retry after {Seconds(wait)}.",
        RequestFailure.RateLimited or RequestFailure.Overloaded => "Retry later, or send fewer requests at once.",
        RequestFailure.Unavailable => "Retry when the server is up; see its gateway's log.",
        RequestFailure.EngineDead => "Retry when the server was restarted; see its log.",
        RequestFailure.NotSse => "Set the endpoint to the final address.",
        RequestFailure.Timeout => "Raise its time limit, or see the server's load.",
        _ => "The same request may well fail again; see the server's log.",
    };

    private static string ContextWindow(ContextRefusal refusal, string answered, string said)
    {
        string window = Count(refusal.ContextWindow);
        string asked = Count(refusal.RequestedTokens);
        string prompt = (refusal.PromptIsLowerBound ? "at least " : "") + Count(refusal.PromptTokens);

        return refusal switch
        {
            { PromptAloneIsTooLong: true, PromptTokens: { } p, ContextWindow: { } w } when p == w =>
                $"The prompt fills the model's context window of {window} tokens ({answered}). Shorten the messages.",
            { PromptAloneIsTooLong: true, PromptTokens: not null, ContextWindow: not null } =>
                $"The prompt needs {prompt} tokens but the model's context window is {window} ({answered}). "
                + "Shorten the messages.",
            { PromptAloneIsTooLong: true } =>
                $"The prompt leaves no room for output in the model's context window ({answered}){said} "
                + "Shorten the messages.",
            { RequestedTokens: { } a, ContextWindow: { } w } when a > w =>
                $"The request asks for {asked} output tokens but the model's context window is {window} ({answered}). "
                + "Lower MaxTokens.",
            { PromptAloneIsTooLong: false, PromptTokens: { } p, ContextWindow: { } w, RequestedTokens: not null } =>
                $"A prompt of {prompt} tokens and {asked} output tokens do not fit the model's context window of "
                + $"{window} ({answered}). Lower MaxTokens to at most {Count(w - p)}, or shorten the messages.",
            { PromptTokens: not null, ContextWindow: not null, RequestedTokens: not null } =>
                $"A prompt of {prompt} tokens and {asked} output tokens do not fit the model's context window of "
                + $"{window} ({answered}). Shorten the messages or lower MaxTokens.",
            _ =>
                $"The request does not fit the model's context window ({answered}){said} "
                + "Shorten the messages or lower MaxTokens.",
        };
    }

    private static string Answered(FailedRequest request)
    {
        int status = (int?)request.Status ?? 200;
        string answer = request switch
        {
            { InsideStream: true, Error.Code: { } code } => $"an error event with code {code} inside a {status}",
            { InsideStream: true } => $"an error event inside a {status}",
            { Error.Code: { } code } when status < 300 => $"the server answered {status} with an error of code {code}",
            _ => $"the server answered {status}",
        };

        return answer + Again(request);
    }

    private static string Again(FailedRequest request) => request.Attempts > 1 ? $", attempt {request.Attempts}" : "";

    private static string After(FailedRequest request) => request.RetryAfter is { } wait ? $" for {Seconds(wait)}" : "";

    // No user name and no query: either may hold a secret.
    private static string At(FailedRequest request) =>
        request.Address is { IsAbsoluteUri: true } at ? $" at {Place(at)}" : "";

    private static string Place(Uri address) => $"{address.Scheme}://{address.Authority}{address.AbsolutePath}";

    private static string Megabytes(long size) => string.Create(CultureInfo.InvariantCulture, $"{size / 1e6:0.0} MB");

    private static string Because(Exception? cause) =>
        ServerWords.Quote(cause?.Message, Quoted) is { } why ? $": {Sentence(why)}" : ".";

    private static string MediaType(FailedRequest request) =>
        ServerWords.Quote(request.ContentType?.Split(';')[0], Quoted) ?? "no content type";

    private static string Sentence(string text) =>
        text[^1] is '.' or '!' or '?' or '…' ? text : text.TrimEnd(':', ' ') + ".";

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Count(int? tokens) => tokens?.ToString("N0", CultureInfo.InvariantCulture) ?? "";
}
