using System.Globalization;
using System.Net;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>Writes a failure as one or two sentences: what happened, with the numbers, and the way out.</summary>
internal static class FailureSentence
{
    private const int LongestWord = 60;

    public static string Compose(FailureFacts facts, FailureMeaning meaning) =>
        facts.Portion is { } portion ? $"{Whole(facts, meaning)} This was about {portion}." : Whole(facts, meaning);

    private static string Whole(FailureFacts facts, FailureMeaning meaning)
    {
        string said = Said(facts) is { } quote ? $": {Sentence(quote)}" : ".";

        return (meaning.Failure, facts) switch
        {
            (RequestFailure.ContextWindowExceeded, { IsOfPooling: true }) => ContextRefusalSentence.OfInput(meaning.Refusal ?? new(), Answered(facts), said),
            (RequestFailure.ContextWindowExceeded, _) => ContextRefusalSentence.Of(meaning.Refusal ?? new(), Answered(facts), said),
            (_, { RefusedByProxy: { } status }) =>
                $"A proxy on the way to the server{At(facts)} refused to connect (it answered {(int)status}). {FailureWayOut.OfProxy(status)}",
            (RequestFailure.ConnectionFailed, { FailedToSecure: true }) =>
                $"No secure connection{At(facts)}{Again(facts)}{Because(facts)} "
                + (facts.SpeaksNoTls
                    ? "What answers there does not speak TLS: use http:// in the endpoint."
                    : "Check the server's certificate, and that it serves https at all; if not, use http:// in the endpoint."),
            (RequestFailure.ConnectionFailed, { EventsBefore: { } events }) =>
                $"The reply{At(facts)} broke off after {Events(events)}{Because(facts)} Everything received was handed out. Try again; see the server's log.",
            (RequestFailure.Timeout, { EventsBefore: { } events, GaveUpAfter: { } waited }) =>
                $"No event for {Seconds(waited)}{At(facts)} after {Events(events)}. Raise TimeLimits.BetweenChunks, or see the server's load.",
            (RequestFailure.ConnectionFailed, { BrokeOffAfter: { } silence }) =>
                $"The reply{At(facts)} broke off before its first event{Silence(silence)}{Again(facts)}{Because(facts)} Try again; see the server's log.",
            (RequestFailure.ConnectionFailed, { BrokeWhileSending: { } size }) =>
                $"The connection{At(facts)} broke while {Megabytes(size)} were being sent{Again(facts)}{Because(facts)} "
                + "A proxy's limit on the body is the likely cause (nginx: client_max_body_size): send less, or raise it.",
            (RequestFailure.ConnectionFailed, { Address: { } address, Cause: NotSupportedException }) when VllmEndpoint.IsNameOfService(address) =>
                $"No service discovery resolved {Shown(address)}. Add service discovery to the adapter's client (.HttpClient.AddServiceDiscovery(), or for all clients), "
                + "or set the endpoint to an http or https address.",
            (RequestFailure.ConnectionFailed, _) =>
                $"No connection{At(facts)}{Again(facts)}{Because(facts)} Check that a vLLM server listens there.",
            (RequestFailure.NotSent, _) =>
                $"The request was not sent{At(facts)}{Because(facts)} Wait{After(facts)}, or ask another server.",
            (RequestFailure.Timeout, { GaveUpAfter: { } waited, Cause: TimeoutRejectedException }) =>
                $"A resilience handler or pipeline gave up after {Seconds(waited)}{At(facts)}{Again(facts)}. "
                + "Raise its time limit, or remove it: TimeLimits has all that an adapter needs.",
            (RequestFailure.Timeout, { GaveUpAfter: { } waited }) =>
                $"No answer within {Seconds(waited)}{At(facts)}{Again(facts)}. "
                + "Raise the limit (TimeLimits, or the Timeout of your own HttpClient), or ask Server.DiagnoseAsync what the server is doing.",
            (RequestFailure.UnexpectedContent, { FollowedTo: { } other }) =>
                $"The HttpClient followed a redirect to {ServerText.Quote(Shown(other), facts.Secrets)} and sent the request there; what came back was not read. "
                + "Set the endpoint to the final address, and AllowAutoRedirect of the client's handler to false.",
            (RequestFailure.UnexpectedContent, { Status: { } status, LargerThan: { } limit }) =>
                $"The server answered {(int)status} with more than {limit.ToString("N0", CultureInfo.InvariantCulture)} bytes{At(facts)}, too many for "
                + $"{facts.Expected}. Raise VllmAdapterOptions.{facts.LimitedBy}, or check that the endpoint is a vLLM server.",
            (RequestFailure.UnexpectedContent, { Status: { } status, ContentLength: 0 }) when (int)status < 300 =>
                $"The server answered {(int)status} with an empty body: nothing is served{At(facts)}. Check the endpoint's address.",
            (RequestFailure.UnexpectedContent, { Status: { } status }) when (int)status < 300 =>
                $"The server answered {(int)status} with {MediaType(facts)}, which is {Missed(facts)}{said} "
                + $"Check that the endpoint is a vLLM server{At(facts)}.",
            (RequestFailure.InvalidReply, { Invalid: { } wrong }) =>
                $"The reply{At(facts)}{Again(facts)} is not a complete answer to the request: {ServerText.Quote(wrong, facts.Secrets)}. None of it is used; see the server's log.",
            _ => $"{WhatHappened(facts, meaning)} ({Answered(facts)}){said} {FailureWayOut.Of(facts, meaning)}",
        };
    }

    private static string WhatHappened(FailureFacts facts, FailureMeaning meaning) => meaning.Failure switch
    {
        RequestFailure.ModelNotFound when facts.Model is { } model => $"The server has no model '{ServerText.Quote(model, facts.Secrets)}'",
        RequestFailure.ModelNotFound => "The server has no such model",
        RequestFailure.RouteNotFound when facts.Status == HttpStatusCode.MisdirectedRequest => "The server does not answer for this host name",
        RequestFailure.RouteNotFound => $"The server does not offer {facts.Address?.AbsolutePath ?? "this"}",
        RequestFailure.Unauthorized when facts.Status == HttpStatusCode.ProxyAuthenticationRequired => "A proxy on the way requires credentials",
        RequestFailure.Unauthorized when FailureWayOut.WantsPassword(facts) => $"A gateway in front of the server requires a user name and password ({facts.Challenge})",
        RequestFailure.Unauthorized => "The server did not accept the API key",
        RequestFailure.Forbidden when meaning.IsQuotaSpent => "Credit or quota is used up",
        RequestFailure.RateLimited when meaning.IsQuotaSpent => "Credit or quota is used up",
        RequestFailure.Forbidden => "The server forbids this",
        RequestFailure.BadRequest when meaning.BlamedPart is { } part => $"The server could not fetch {part} of the request",
        RequestFailure.BadRequest when facts.Status == HttpStatusCode.RequestEntityTooLarge => $"The request{Size(facts)} is too large for the server or for a gateway in front of it",
        RequestFailure.BadRequest when facts.Status == HttpStatusCode.RequestHeaderFieldsTooLarge => "The request's headers are too large",
        RequestFailure.BadRequest => "The server refused the request",
        RequestFailure.RateLimited => "Too many requests",
        RequestFailure.Overloaded => "The server's queue is full",
        RequestFailure.Unavailable when facts.Status == HttpStatusCode.BadRequest => "A gateway in front of the server gave up on the request",
        RequestFailure.Unavailable => "No working vLLM behind this address",
        RequestFailure.EngineDead => "The server's engine died",
        RequestFailure.UnexpectedContent => $"The server redirects {(Target(facts) is { } target ? $"to {target}" : "elsewhere")}",
        RequestFailure.Timeout => "A gateway waited too long for the server",
        RequestFailure.InvalidReply => "The model produced NaN or infinity, which the server could not write",
        _ => "The server failed on this request",
    };

    // The field that the server blames says where to look, unless the words name it already.
    private static string? Said(FailureFacts facts)
    {
        string? quote = ServerText.Quote(RequestEcho.Remove(RepeatedRequest.Quote(facts.Error.Message), facts.RequestBody));
        return ServerText.Quote(facts.Error.Parameter, LongestWord) is { } param && quote?.Contains(param, StringComparison.Ordinal) is false
            ? $"{param}: {quote}"
            : quote;
    }

    private static string Answered(FailureFacts facts)
    {
        int status = (int?)facts.Status ?? 200;
        string? code = ServerText.Quote(facts.Error.Code, LongestWord);
        string answer = (facts.InsideStream, code) switch
        {
            (true, not null) => $"an error event with code {code} inside a {status}",
            (true, null) => $"an error event inside a {status}",
            (false, not null) when status < 300 => $"the server answered {status} with an error of code {code}",
            _ => $"the server answered {status}",
        };

        return answer + Again(facts);
    }

    private static string Again(FailureFacts facts) =>
        facts.Attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $", attempt {facts.Attempts}") : "";

    private static string After(FailureFacts facts) => facts.RetryAfter is { } wait ? $" for {Seconds(wait)}" : "";

    private static string At(FailureFacts facts) => facts.Address is { IsAbsoluteUri: true } at ? $" at {Shown(at)}" : "";

    // Where a redirect leads may be said in short, from the address that was asked.
    private static string? Target(FailureFacts facts)
    {
        Uri? target = facts is { Address: { } from, Location: { } to } && Uri.TryCreate(from, to, out Uri? resolved) ? resolved : facts.Location;
        return target is { IsAbsoluteUri: true } ? ServerText.Quote(Shown(target), facts.Secrets) : null;
    }

    // No user name and no query: either may hold a secret.
    private static string Shown(Uri address) => $"{address.Scheme}://{address.Authority}{address.AbsolutePath}";

    private static string Silence(TimeSpan silence) =>
        silence > TimeSpan.FromSeconds(1) ? $", after {Seconds(silence)} of silence; probably a proxy's idle timeout" : "";

    private static string Size(FailureFacts facts) => (facts.FormLength ?? facts.RequestBody.Length) switch
    {
        0 => "",
        >= 1_000_000 and var bytes => $" of {Megabytes(bytes)}",
        var bytes => string.Create(CultureInfo.InvariantCulture, $" of {bytes:N0} bytes"),
    };

    private static string Megabytes(long size) => string.Create(CultureInfo.InvariantCulture, $"{size / 1e6:0.0} MB");

    private static string Because(FailureFacts facts) =>
        ServerText.Quote(Innermost(facts.Cause), facts.Secrets) is { } why ? $": {Sentence(why)}" : ".";

    // "An error occurred while sending the request." says nothing; what it was stands further inside. But an outer message may hold the
    // inner one, and the address besides.
    private static string? Innermost(Exception? cause)
    {
        string? inner = cause?.GetBaseException().Message;
        for (Exception? outer = cause; outer is not null; outer = outer.InnerException)
        {
            if (inner is not null && outer.Message.Contains(inner, StringComparison.Ordinal))
                return outer.Message;
        }

        return inner;
    }

    private static string MediaType(FailureFacts facts) =>
        ServerText.Quote(facts.ContentType?.Split(';')[0], LongestWord) ?? "no content type";

    // JSON may be a whole answer there.
    private static string Missed(FailureFacts facts) =>
        facts.Expected == FailureFacts.Events && facts.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) is true
            ? "neither an answer nor an error"
            : $"not {facts.Expected}";

    private static string Sentence(string text) =>
        text[^1] is '.' or '!' or '?' or '…' ? text : text.TrimEnd(':', ' ') + ".";

    private static string Events(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} event{(count == 1 ? "" : "s")}");

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
