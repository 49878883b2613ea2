using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>Replies of the guard's own: errors in OpenAI's shape, which every client knows.</summary>
internal static class Replies
{
    /// <summary>An answer that did not end as one, before any of it went out.</summary>
    public static HttpResponseMessage Error(Ending ending)
    {
        JsonObject json = Words.Error(ending);
        bool isLate = ending.Outcome.Verdict == StreamVerdict.Stalled;
        HttpResponseMessage response = Of(isLate ? HttpStatusCode.GatewayTimeout : HttpStatusCode.BadGateway, json);
        response.Headers.TryAddWithoutValidation(Words.VerdictHeader, Words.Snake(ending.Outcome.Verdict));
        return response;
    }

    /// <summary>A request that never became an answer, and about which no back end had words that could be passed on.</summary>
    public static HttpResponseMessage Error(VllmRequestException refused)
    {
        HttpStatusCode status = refused switch
        {
            { Failure: RequestFailure.Timeout } => HttpStatusCode.GatewayTimeout,
            { Failure: RequestFailure.NotSent } => HttpStatusCode.ServiceUnavailable,

            // An error in the place of the first event of a 200.
            { ServerErrorCode: { } word } when int.TryParse(word, out int code) && code is >= 400 and < 600 => (HttpStatusCode)code,
            _ => HttpStatusCode.BadGateway,
        };
        return Of(status, Words.Error(refused.Message, refused.ServerErrorType ?? Words.Snake(refused.Failure), (int)status, refused.Parameter));
    }

    public static HttpResponseMessage Error(int status, string message, string type) => Of((HttpStatusCode)status, Words.Error(message, type, status));

    private static HttpResponseMessage Of(HttpStatusCode status, JsonObject json)
    {
        byte[] body = FrameEdits.ToUtf8(json);
        var content = new ByteArrayContent(body);
        content.Headers.ContentLength = body.Length;
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpResponseMessage(status) { Content = content };
    }
}
