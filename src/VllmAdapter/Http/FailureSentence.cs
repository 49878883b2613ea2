using System.Globalization;

namespace VllmAdapter;

/// <summary>Writes a failure as one or two sentences: what happened, with the numbers, and the way out.</summary>
internal static class FailureSentence
{
    private const int Quoted = 300;

    public static string Compose(FailedRequest request, RequestFailure failure, ContextRefusal? refusal)
    {
        string answered = Answered(request);
        string said = ServerWords.Quote(request.Error.Message, Quoted) is { } quote ? $": {Sentence(quote)}" : ".";

        return failure switch
        {
            RequestFailure.ContextWindowExceeded => ContextWindow(refusal ?? new(), answered, said),
            RequestFailure.ModelNotFound =>
                $"The server does not serve {(request.Model is { } model ? $"the model '{model}'" : "that model")} ({answered}){said} "
                + "Choose one that it lists at /v1/models.",
            RequestFailure.NotOffered =>
                $"The server does not offer {request.Address?.AbsolutePath ?? "this"} ({answered}){said} "
                + "Check the endpoint's address, the server's version and its start options.",
            RequestFailure.Unauthorized =>
                $"The server did not accept the API key ({answered}){said} Set the key that the server was started with.",
            RequestFailure.Forbidden =>
                $"The server forbids this ({answered}){said} It may be switched off there, or not allowed for this key.",
            RequestFailure.BadRequest =>
                $"The server refused the request ({answered}){said} Correct the request; sent again it will fail again.",
            RequestFailure.RateLimited =>
                $"Too many requests ({answered}){said} {Wait(request, "Wait and retry, or send fewer at once.")}",
            RequestFailure.Overloaded =>
                $"The server's queue is full ({answered}){said} {Wait(request, "Retry later, or send fewer requests at once.")}",
            RequestFailure.Unavailable =>
                $"No working vLLM behind this address ({answered}){said} "
                + Wait(request, "Retry when the server is up; see its gateway's log."),
            RequestFailure.EngineDead =>
                $"The engine behind the server died ({answered}){said} Retry when the server was restarted; see its log.",
            RequestFailure.ServerError =>
                $"The server failed on this request ({answered}){said} The same request may well fail again; see the server's log.",
            RequestFailure.NotSse when (int?)request.Status is >= 300 =>
                $"The server redirects elsewhere ({answered}){said} Set the endpoint to the final address.",
            RequestFailure.NotSse =>
                $"The server answered {(int?)request.Status} with {MediaType(request)}, which is not an event stream{said} "
                + $"Check that the endpoint is a vLLM server{At(request)}.",
            RequestFailure.Timeout when request.GaveUpAfter is { } waited =>
                $"No answer within {Seconds(waited)}{At(request)}{After(request)}. "
                + "Raise the limit, or see the server's load.",
            RequestFailure.Timeout =>
                $"A gateway waited too long for the server ({answered}){said} Raise its time limit, or see the server's load.",
            _ => $"No connection{At(request)}{After(request)}{Because(request)} Check that a vLLM server listens there.",
        };
    }

    private static string ContextWindow(ContextRefusal refusal, string answered, string said)
    {
        string? bound = refusal.PromptIsLowerBound ? "at least " : "";

        return refusal switch
        {
            { PromptAloneIsTooLong: true, PromptTokens: { } prompt, ContextWindow: { } window } =>
                $"The prompt needs {bound}{Count(prompt)} tokens but the model's context window is {Count(window)} ({answered}). "
                + "Shorten the messages.",
            { PromptAloneIsTooLong: true } =>
                $"The prompt leaves no room for output in the model's context window ({answered}){said} Shorten the messages.",
            { RequestedTokens: { } asked, ContextWindow: { } window } when asked > window =>
                $"The request asks for {Count(asked)} output tokens but the model's context window is {Count(window)} ({answered}). "
                + "Lower MaxTokens.",
            { PromptAloneIsTooLong: false, PromptTokens: { } prompt, ContextWindow: { } window, RequestedTokens: { } asked } =>
                $"A prompt of {Count(prompt)} tokens and {Count(asked)} output tokens do not fit the model's context window of "
                + $"{Count(window)} ({answered}). Lower MaxTokens to at most {Count(window - prompt)}, or shorten the messages.",
            { PromptTokens: { } prompt, ContextWindow: { } window, RequestedTokens: { } asked } =>
                $"A prompt of {bound}{Count(prompt)} tokens and {Count(asked)} output tokens do not fit the model's context "
                + $"window of {Count(window)} ({answered}). Shorten the messages or lower MaxTokens.",
            _ => $"The request does not fit the model's context window ({answered}){said} Shorten the messages or lower MaxTokens.",
        };
    }

    private static string Answered(FailedRequest request)
    {
        string answer = request switch
        {
            { InsideStream: true, Error.Code: { } code } => $"an error event with code {code} inside a {Status(request)}",
            { InsideStream: true } => $"an error event inside a {Status(request)}",
            { Error: { IsDeclared: true, Code: { } code }, Status: { } status } when (int)status < 300 =>
                $"the server answered {(int)status} with an error of code {code}",
            _ => $"the server answered {Status(request)}",
        };

        return answer + After(request);
    }

    private static string Status(FailedRequest request) =>
        request.Status is { } status ? ((int)status).ToString(CultureInfo.InvariantCulture) : "200";

    private static string After(FailedRequest request) => request.Attempts > 1 ? $", attempt {request.Attempts}" : "";

    private static string Wait(FailedRequest request, string otherwise) =>
        request.RetryAfter is { } wait ? $"Retry after {Seconds(wait)}." : otherwise;

    // No user name and no query: either may hold a secret.
    private static string At(FailedRequest request) =>
        request.Address is { IsAbsoluteUri: true } at ? $" at {at.Scheme}://{at.Authority}{at.AbsolutePath}" : "";

    private static string Because(FailedRequest request) =>
        request.Cause is { } cause && Excerpt.Cut(Excerpt.Fold(cause.Message), Quoted) is { Length: > 0 } why
            ? $": {Sentence(why)}"
            : ".";

    private static string MediaType(FailedRequest request) =>
        request.ContentType?.Split(';')[0].Trim() is { Length: > 0 } type ? Excerpt.Cut(Excerpt.Fold(type), 100) : "no content type";

    private static string Sentence(string text) => text[^1] is '.' or '!' or '?' or '…' ? text : text.TrimEnd(':', ' ') + ".";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Count(int tokens) => tokens.ToString("N0", CultureInfo.InvariantCulture);
}
