using System.Net;
using System.Text;

namespace VllmAdapter.Tests.Failures;

public class FailureClassifierTests
{
    private const string Json = "application/json";

    /// <summary>Status, content type, body; failure, whether the same request may succeed later.</summary>
    public static TheoryData<int, string?, string, RequestFailure, bool> Responses => new()
    {
        { 400, Json, """{"error":{"message":"no","code":400}}""", RequestFailure.BadRequest, false },
        { 413, "text/html", "<title>413 Request Entity Too Large</title>", RequestFailure.BadRequest, false },
        { 415, Json, """{"detail":"Unsupported Media Type"}""", RequestFailure.BadRequest, false },
        { 422, "text/plain", "Failed to deserialize the JSON body", RequestFailure.BadRequest, false },
        { 418, null, "", RequestFailure.BadRequest, false },
        { 431, null, "", RequestFailure.BadRequest, false },

        // vLLM always says why; a route of YARP whose TimeoutPolicy ended does not.
        { 400, null, "", RequestFailure.Unavailable, true },
        { 400, "text/plain", "\r\n", RequestFailure.Unavailable, true },

        { 402, Json, """{"error":{"message":"Insufficient credits"}}""", RequestFailure.Forbidden, false },
        { 402, null, "", RequestFailure.Forbidden, false },
        { 407, null, "", RequestFailure.Unauthorized, false },
        { 421, null, "", RequestFailure.RouteNotFound, false },
        { 401, Json, """{"error":"Unauthorized"}""", RequestFailure.Unauthorized, false },
        { 403, Json, """{"detail":"Forbidden"}""", RequestFailure.Forbidden, false },

        { 404, Json, """{"error":{"message":"The lora adapter 'x' cannot be found.","type":"NotFoundError","param":null,"code":404}}""", RequestFailure.ModelNotFound, false },
        { 404, Json, """{"object":"error","message":"The model `nope` does not exist.","type":"NotFoundError","param":null,"code":404}""", RequestFailure.ModelNotFound, false },
        { 404, Json, """{"error":{"message":"Not here","type":"NotFoundError","param":"model","code":404}}""", RequestFailure.ModelNotFound, false },
        { 404, Json, """{"error":{"message":"x","code":"model_not_found"}}""", RequestFailure.ModelNotFound, false },
        { 400, Json, """{"error":{"message":"/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view available models for your key.","code":"400"}}""", RequestFailure.ModelNotFound, false },
        { 400, Json, """{"error":{"message":"bad kind of model","param":"model","code":400}}""", RequestFailure.BadRequest, false },
        { 404, Json, """{"error":"Model with name llama_adapter does not exist."}""", RequestFailure.ModelNotFound, false }, // kserve#4345
        { 404, Json, """{"error":{"message":"model 'x' not found","code":404}}""", RequestFailure.ModelNotFound, false },
        { 404, Json, """{"detail":"Not Found"}""", RequestFailure.RouteNotFound, false },
        { 404, "text/html", "<title>404 Not Found</title>", RequestFailure.RouteNotFound, false },
        { 405, null, "", RequestFailure.RouteNotFound, false },
        { 501, null, "", RequestFailure.RouteNotFound, false },
        { 501, Json, """{"error":{"message":"The model does not support the Decisions API","type":"NotImplementedError","param":null,"code":501}}""", RequestFailure.RouteNotFound, false },
        { 501, Json, """{"error":{"message":"Only base64 data URLs are supported for now.","type":"NotImplementedError","param":null,"code":501}}""", RequestFailure.BadRequest, false },
        { 501, Json, """{"error":{"message":"Only one of them is supported.","type":"NotImplementedError","param":null,"code":501}}""", RequestFailure.BadRequest, false },
        { 501, Json, """{"error":{"message":"echo","type":"NotImplementedError","param":"echo","code":501}}""", RequestFailure.BadRequest, false },
        { 501, Json, """{"error":{"message":"not supported","type":"NotImplementedError","code":501}}""", RequestFailure.RouteNotFound, false },

        { 408, null, "", RequestFailure.Timeout, true },
        { 504, "text/html", "<title>504 Gateway Time-out</title>", RequestFailure.Timeout, true },
        { 524, "text/html", "<title>A timeout occurred</title>", RequestFailure.Timeout, true },
        { 425, null, "", RequestFailure.Unavailable, true },
        { 429, Json, """{"error":{"message":"Rate limit"}}""", RequestFailure.RateLimited, true },
        { 429, Json, """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}""", RequestFailure.RateLimited, false },
        { 429, Json, """{"error":{"message":"Budget has been exceeded! Current cost: 2, Max budget: 1","type":"budget_exceeded","code":"429"}}""", RequestFailure.RateLimited, false },
        { 429, Json, """{"error":{"message":"Quota exceeded for the month."}}""", RequestFailure.RateLimited, false },
        { 429, Json, """{"error":{"message":"Quota exceeded: 60 requests per minute."}}""", RequestFailure.RateLimited, true },
        { 429, Json, """{"error":{"message":"Quota exceeded. Please try again in 20s."}}""", RequestFailure.RateLimited, true },
        { 502, "text/html", "<title>502 Bad Gateway</title>", RequestFailure.Unavailable, true },
        { 503, "text/plain", "no healthy upstream", RequestFailure.Unavailable, true },
        { 503, Json, """{"error":"The model is currently scaling. Please try again later."}""", RequestFailure.Unavailable, true },
        { 503, Json, """{"error":{"message":"The engine is currently busy and cannot accept new requests.","type":"Service Unavailable","code":503}}""", RequestFailure.Overloaded, true },
        { 529, Json, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", RequestFailure.Overloaded, true },
        { 521, "text/html", "<title>Web server is down</title>", RequestFailure.Unavailable, true },
        { 525, "text/html", "<title>SSL handshake failed</title>", RequestFailure.Unavailable, true },
        { 530, "text/html", "<title>Origin DNS error</title>", RequestFailure.Unavailable, true },

        { 500, Json, """{"error":{"message":"Internal server error","type":"InternalServerError","code":500}}""", RequestFailure.ServerError, false },
        { 500, "text/plain", "Internal Server Error", RequestFailure.ServerError, false },
        { 599, null, "", RequestFailure.ServerError, false },
        { 500, null, "", RequestFailure.EngineDead, true },
        { 500, Json, """{"error":{"message":"EngineCore encountered an issue. See stack trace (above) for the root cause.","code":500}}""", RequestFailure.EngineDead, true },
        { 400, Json, """{"object":"error","message":"Engine loop is not running. Inspect the stacktrace","code":400}""", RequestFailure.EngineDead, true },
        { 400, Json, """{"object":"error","message":"Engine process (pid 13474) died.","code":400}""", RequestFailure.EngineDead, true },
        { 500, Json, """{"error":{"message":"litellm.InternalServerError: Cannot connect to host a:8140 [Connect call failed ('a', 8140)]","code":"500"}}""", RequestFailure.Unavailable, true },
        { 500, Json, """{"error":{"message":"The server had an error while processing your request.","type":"InternalServerError","param":null,"code":500}}""", RequestFailure.EngineDead, true }, // 0.33.0
        { 500, Json, """{"statusCode":500,"code":"ECONNREFUSED","error":"Internal Server Error","message":"connect ECONNREFUSED 127.0.0.1:1"}""", RequestFailure.Unavailable, true },
        { 500, Json, """{"statusCode":500,"code":"UND_ERR_SOCKET","error":"Internal Server Error","message":"other side closed"}""", RequestFailure.Unavailable, true },
        { 500, Json, """{"statusCode":500,"code":"ECONNRESET","error":"Internal Server Error","message":"went away"}""", RequestFailure.Unavailable, true },
        { 500, Json, """{"html-message":"<html><body>Error: fetch failed Cause: Error: connect ECONNREFUSED</body></html>"}""", RequestFailure.Unavailable, true },
        { 504, "text/plain", "Error occurred while trying to proxy: vllm.example/v1/chat/completions", RequestFailure.Unavailable, true },
        { 500, "text/plain", "Request failed: error sending request for url (http://a/v1/chat/completions)", RequestFailure.Unavailable, true },

        { 500, Json, """{"error":{"message":"Cannot load local files without `--allowed-local-media-path`.","type":"InternalServerError","param":null,"code":500}}""", RequestFailure.BadRequest, false },

        // An address in the request that cannot be fetched is the request's fault.
        { 422, Json, """{"error":{"message":"Cannot connect to host images.example","type":"UnprocessableEntityError","code":422}}""", RequestFailure.BadRequest, false },

        // vLLM 0.15 and 0.16 answer 200 with an error in JSON (vllm#34516).
        { 200, Json, """{"error":{"message":"no","type":"BadRequestError","code":400}}""", RequestFailure.BadRequest, false },
        { 200, Json, """{"error":{"message":"no","type":"InternalServerError","code":500}}""", RequestFailure.ServerError, false },
        { 200, Json, """{"message":"upstream timed out","code":504}""", RequestFailure.Timeout, true },
        { 200, Json, """{"object":"error","message":"This model's maximum context length is 8 tokens.","code":400}""", RequestFailure.ContextWindowExceeded, false },

        { 200, "text/html", "<title>Sign in</title>", RequestFailure.UnexpectedContent, false },
        { 200, "text/plain", "EngineCore encountered an issue", RequestFailure.UnexpectedContent, false },
        { 200, Json, """{"models":[]}""", RequestFailure.UnexpectedContent, false },
        { 204, null, "", RequestFailure.UnexpectedContent, false },
        { 307, null, "", RequestFailure.UnexpectedContent, false },

        // The same sentence with a number of its own is no refusal of the length, nor is it in an answer of another kind.
        { 400, Json, """{"error":{"message":"x","code":"context_length_exceeded"}}""", RequestFailure.ContextWindowExceeded, false },
        { 413, Json, """{"error":{"message":"This model's maximum context length is 8 tokens."}}""", RequestFailure.ContextWindowExceeded, false },
        { 429, Json, """{"error":{"message":"Over your share of the maximum context length (8)."}}""", RequestFailure.RateLimited, true },
    };

    [Theory]
    [MemberData(nameof(Responses))]
    public void A_response_means_what_its_caller_should_do(
        int status, string? contentType, string body, RequestFailure failure, bool isRetryable)
    {
        ServerError error = ServerError.FromBody(contentType, Encoding.UTF8.GetBytes(body));

        FailureMeaning read = FailureClassifier.Classify(new() { Status = (HttpStatusCode)status, Error = error, RequestedMaxTokens = 10 });

        (read.Failure, read.IsRetryable).Should().Be((failure, isRetryable));
        (read.Refusal is not null).Should().Be(failure == RequestFailure.ContextWindowExceeded);
    }

    [Theory]
    [InlineData("""{"error":{"message":"no","code":400}}""", RequestFailure.BadRequest)]
    [InlineData("""{"error":{"message":"no","code":"400"}}""", RequestFailure.BadRequest)]
    [InlineData("""{"error":{"message":"Internal server error","code":"500"}}""", RequestFailure.ServerError)]
    [InlineData("""{"error":{"message":"EngineCore encountered an issue.","type":"BadRequestError","code":400}}""", RequestFailure.EngineDead)]
    [InlineData("""{"error":{"message":"The engine is currently busy and cannot accept new requests","code":503}}""", RequestFailure.Overloaded)]
    [InlineData("""{"error":{"message":"The server had an error while processing your request.","type":"InternalServerError","param":null,"code":500}}""", RequestFailure.EngineDead)]
    [InlineData("""{"error":{"message":"out of credit","type":"insufficient_quota"}}""", RequestFailure.Forbidden)]
    [InlineData("""{"message":"upstream timed out","code":504}""", RequestFailure.Timeout)]
    [InlineData("""{"errors":[{"message":"boom"}]}""", RequestFailure.ServerError)]
    [InlineData("""{"error":{"message":"Structured output processing only supports one backend per engine.","code":400}}""", RequestFailure.BadRequest)]
    [InlineData("""{"error":{"message":"Response payload is not completed","code":"500"}}""", RequestFailure.Unavailable)]
    [InlineData("""{"error":{"message":"no","code":"rate_limit_exceeded"}}""", RequestFailure.RateLimited)]
    [InlineData("""{"error":{"message":"no","type":"BadRequestError"}}""", RequestFailure.BadRequest)]
    [InlineData("""{"error":{"message":"no","type":"NotImplementedError"}}""", RequestFailure.RouteNotFound)]
    [InlineData("""{"error":{"message":"no","type":"authentication_error"}}""", RequestFailure.Unauthorized)]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", RequestFailure.Overloaded)]
    [InlineData("""{"error":{"message":"The model `x` does not exist.","code":404}}""", RequestFailure.ModelNotFound)]
    [InlineData("""{"error":"This model's maximum context length is 8 tokens."}""", RequestFailure.ContextWindowExceeded)]
    [InlineData("""{"error":{"message":"no","type":"BadRequestError","code":0}}""", RequestFailure.BadRequest)]
    [InlineData("""{"error":"something"}""", RequestFailure.ServerError)]
    [InlineData("""{"error":{"message":"no","code":307}}""", RequestFailure.ServerError)]
    [InlineData("""{"error":{"message":"no","code":-1}}""", RequestFailure.ServerError)]
    public void An_error_event_is_judged_by_its_words_and_its_code(string json, RequestFailure failure)
    {
        ServerError.TryRead(Encoding.UTF8.GetBytes(json), out ServerError? error).Should().BeTrue();

        FailureClassifier.Classify(new() { Status = HttpStatusCode.OK, Error = error!, InsideStream = true })
            .Failure.Should().Be(failure);
    }

    [Fact]
    public void No_response_is_a_failed_connection() =>
        FailureClassifier.Classify(new())
            .Should().Be(new FailureMeaning(RequestFailure.ConnectionFailed) { IsRetryable = true });

    /// <summary>Status, the server's words, the request's picture; what it means, the part that is named.</summary>
    public static TheoryData<int, string, string, RequestFailure, string?> Pictures => new()
    {
        { 500, "Cannot connect to host 127.0.0.1:9 ssl:default [Connect call failed ('127.0.0.1', 9)]", "http://127.0.0.1:9/cat.png", RequestFailure.BadRequest, "messages[0].content[1]" },
        { 500, "Cannot connect to host dead.example:443 ssl:default [Name or service not known]", "https://dead.example/cat.png", RequestFailure.BadRequest, "messages[0].content[1]" },
        { 500, "404, message='Not Found', url='https://pictures.example/cat.png'", "https://pictures.example/cat.png", RequestFailure.BadRequest, "messages[0].content[1]" },
        { 400, "The URL must be from one of the allowed domains: ['a.example']. Input URL domain: pictures.example", "https://pictures.example/cat.png", RequestFailure.BadRequest, "messages[0].content[1]" },
        { 500, "Cannot load local files without `--allowed-local-media-path`.", "file:///cat.png", RequestFailure.BadRequest, "messages[0].content[1]" },
        { 501, "Only base64 data URLs are supported for now.", "data:image/png,abc", RequestFailure.BadRequest, "messages[0].content[1]" },
        { 501, "Only base64 data URLs are supported for now.", "data:image/png;base64,YWJj", RequestFailure.BadRequest, null },
        { 500, "Cannot connect to host vllm.internal:8000 [Connect call failed]", "https://pictures.example/cat.png", RequestFailure.Unavailable, null },
        { 500, "Cannot connect to host my.pictures.example:8000", "https://pictures.example/cat.png", RequestFailure.Unavailable, null },
        { 503, "pictures.example is overloaded", "https://pictures.example/cat.png", RequestFailure.Unavailable, null },
    };

    [Theory]
    [MemberData(nameof(Pictures))]
    public void A_picture_that_the_server_cannot_get_is_the_requests_fault(int status, string words, string url, RequestFailure failure, string? part)
    {
        foreach (string kind in (string[])["image_url", "audio_url", "video_url"])
        {
            FailureMeaning meaning = FailureClassifier.Classify(new()
            {
                Status = (HttpStatusCode)status,
                Error = new() { Message = words, CodeNumber = status, IsDeclared = true },
                RequestBody = Encoding.UTF8.GetBytes(
                    $$$"""{"messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"{{{kind}}}","{{{kind}}}":{"url":"{{{url}}}"}}]}]}"""),
            });

            (meaning.Failure, meaning.BlamedPart, meaning.IsRetryable).Should().Be((failure, part, failure == RequestFailure.Unavailable));
        }
    }

    [Theory]
    [InlineData("https://gateway.example/v1/completions", null)]
    [InlineData("https://gateway.example/v1/chat/completions", 1988)]
    public void The_window_is_believed_where_the_route_names_it(string address, int? window)
    {
        FailureMeaning meaning = FailureClassifier.Classify(new()
        {
            Status = HttpStatusCode.BadRequest,
            Address = new Uri(address),
            RequestedMaxTokens = 60,
            Error = new() { Message = "This model's maximum context length is 1988 tokens. However, your request has 9001 input tokens." },
        });

        (meaning.Failure, meaning.Refusal!.ContextWindow).Should().Be((RequestFailure.ContextWindowExceeded, window));
    }

    [Theory]
    [InlineData("407", RequestFailure.Unauthorized, false)]
    [InlineData("403", RequestFailure.Forbidden, false)]
    [InlineData("502", RequestFailure.ConnectionFailed, true)]
    public void A_tunnel_that_a_proxy_refuses_is_told_by_its_status(string status, RequestFailure failure, bool isRetryable)
    {
        var cause = new HttpRequestException(
            HttpRequestError.ProxyTunnelError, $"The proxy tunnel request to proxy 'http://proxy.example/' failed with status code '{status}'.");

        FailureMeaning meaning = FailureClassifier.Classify(new() { Cause = cause });

        (meaning.Failure, meaning.IsRetryable).Should().Be((failure, isRetryable));
    }

    [Fact]
    public void A_connection_that_breaks_while_a_long_request_is_sent_is_not_tried_again() =>
        FailureClassifier.Classify(new() { Cause = new IOException("Broken pipe"), BrokeWhileSending = 20_000_000 })
            .Should().Be(new FailureMeaning(RequestFailure.ConnectionFailed));

    [Theory]
    [InlineData(200)]
    [InlineData(405)]
    public void What_another_address_answers_to_a_followed_redirect_is_none_of_ours(int status) =>
        FailureClassifier.Classify(new() { Status = (HttpStatusCode)status, FollowedTo = new Uri("http://other.example") })
            .Should().Be(new FailureMeaning(RequestFailure.UnexpectedContent));

    [Theory]
    [InlineData("This model's maximum context length is 5 tokens.")]
    [InlineData("EngineCore encountered an issue.")]
    [InlineData("The engine is currently busy and cannot accept new requests.")]
    [InlineData("The model `x` does not exist.")]
    public void Words_of_the_user_in_a_repeated_request_decide_nothing(string words)
    {
        var error = new ServerError
        {
            Message = "1 validation error:\n  {'type': 'missing', 'loc': 'body.n', 'msg': 'Field required', "
                + $"'input': {{'messages': [{{'role': 'user', 'content': \"{words}\"}}]}}}}",
            IsDeclared = true,
        };

        FailureClassifier.Classify(new() { Status = HttpStatusCode.BadRequest, Error = error })
            .Should().Be(new FailureMeaning(RequestFailure.BadRequest));
    }
}
