using System.Net;
using System.Text;

namespace VllmAdapter.Tests.Failures;

public class VllmRequestExceptionTests
{
    private const string Json = "application/json";
    private const string Window = "This model's maximum context length is 2048 tokens. However, ";

    private static readonly Uri Chat = new("http://user:secret@vllm.example:8000/v1/chat/completions?key=secret");

    /// <summary>Status, content type, body, sentence.</summary>
    public static TheoryData<int, string?, string, string> Sentences => new()
    {
        { 400, Json, Error(Window + "your prompt contains at least 2049 input tokens, which exceeds this limit even without any output tokens."), "The prompt needs at least 2,049 tokens but the model's context window is 2,048 (the server answered 400). Shorten the messages." },
        { 400, Json, Error("The decoder prompt (length 2048) plus the number of requested output tokens (at least 1) is longer than the maximum model length of 2048."), "The prompt fills the model's context window of 2,048 tokens (the server answered 400). Shorten the messages." },
        { 400, Json, Error(Window + "your request has 9011 input tokens."), "The prompt needs 9,011 tokens but the model's context window is 2,048 (the server answered 400). Shorten the messages." },
        { 400, Json, Error(Window + "you requested 3311 tokens (1811 in the messages, 1500 in the completion)."), "A prompt of 1,811 tokens and 1,500 output tokens do not fit the model's context window of 2,048 (the server answered 400). Lower MaxTokens to at most 237, or shorten the messages." },
        { 400, Json, Error(Window + "you requested 200 output tokens and your prompt contains at least 1849 input tokens"), "A prompt of at least 1,849 tokens and 200 output tokens do not fit the model's context window of 2,048 (the server answered 400). Shorten the messages or lower MaxTokens." },
        { 400, Json, Error("max_tokens=4000 cannot be greater than max_model_len=2048."), "The request asks for 4,000 output tokens but the model's context window is 2,048 (the server answered 400). Lower MaxTokens." },
        { 400, Json, Error("max_tokens must be at least 1, got 0."), "The prompt leaves no room for output in the model's context window (the server answered 400): max_tokens must be at least 1, got 0. Shorten the messages." },
        { 400, Json, """{"error":{"message":"too long","code":"context_length_exceeded"}}""", "The request does not fit the model's context window (the server answered 400): too long. Shorten the messages or lower MaxTokens." },
        { 404, Json, Error("The model `nope` does not exist. Valid aliases: tiny."), "The server has no model 'nope' (the server answered 404): The model `nope` does not exist. Valid aliases: tiny. Choose one that it lists at /v1/models." },
        { 404, Json, """{"detail":"Not Found"}""", "The server does not offer /v1/chat/completions (the server answered 404): Not Found. Check the endpoint's address, the server's version and its start options." },
        { 401, Json, """{"error":"Unauthorized"}""", "The server did not accept the API key (the server answered 401): Unauthorized. Set VllmAdapterOptions.ApiKey to a key that the server was started with." },
        { 403, null, "", "The server forbids this (the server answered 403). It may be switched off there, or not allowed for this key." },
        { 400, Json, Error("n must be at least 1, got 0."), "The server refused the request (the server answered 400): n must be at least 1, got 0. Correct the request; sent again it will fail again." },
        { 400, Json, Error("1 validation error:\n  {'type': 'missing', 'loc': 'body.messages', 'msg': 'Field required', 'input': 'private'}"), "The server refused the request (the server answered 400): body.messages: Field required. Correct the request; sent again it will fail again." },
        { 400, Json, Error("[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': \"It's 'not' there\", 'input': 'private'}]"), "The server refused the request (the server answered 400): body.messages: It's 'not' there. Correct the request; sent again it will fail again." },
        { 400, Json, Error("[{'type': 'json_invalid', 'loc': ('body', 31), 'msg': 'JSON decode error', 'input': {}}]"), "The server refused the request (the server answered 400): body.31: JSON decode error. Correct the request; sent again it will fail again." },
        { 400, Json, Error("[{'type': 'value_error', 'loc': ('body',), 'msg': 'Value error, it\\'s \"off\"', 'input': {}}]"), "The server refused the request (the server answered 400): Value error, it's \"off\". Correct the request; sent again it will fail again." },
        { 400, Json, Error("1 validation error: {'type': 'odd', 'loc': 'x', 'msg': 'never closed"), "The server refused the request (the server answered 400): 1 validation error. Correct the request; sent again it will fail again." },
        { 400, Json, Error("[{'type': 'odd'}]"), "The server refused the request (the server answered 400). Correct the request; sent again it will fail again." },
        { 400, Json, Error("Broken:\n {'type': 'odd'}"), "The server refused the request (the server answered 400): Broken. Correct the request; sent again it will fail again." },
        { 429, null, "", "Too many requests (the server answered 429). Retry later, or send fewer requests at once." },
        { 503, Json, Error("The engine is currently busy and cannot accept new requests."), "The server's queue is full (the server answered 503): The engine is currently busy and cannot accept new requests. Retry later, or send fewer requests at once." },
        { 502, "text/html", "<title>502 Bad Gateway</title>", "No working vLLM behind this address (the server answered 502): 502 Bad Gateway. Retry when the server is up; see its gateway's log." },
        { 504, "text/html", "<title>504 Gateway Time-out</title>", "A gateway waited too long for the server (the server answered 504): 504 Gateway Time-out. Raise its time limit, or see the server's load." },
        { 500, null, "", "The engine behind the server died (the server answered 500). Retry when the server was restarted; see its log." },
        { 500, Json, Error("Internal server error"), "The server failed on this request (the server answered 500): Internal server error. The same request may well fail again; see the server's log." },
        { 200, Json, """{"error":{"message":"no","code":500}}""", "The server failed on this request (the server answered 200 with an error of code 500): no. The same request may well fail again; see the server's log." },
        { 200, "text/html; charset=utf-8", "<title>Sign in</title>", "The server answered 200 with text/html, which is not an event stream: Sign in. Check that the endpoint is a vLLM server at http://vllm.example:8000/v1/chat/completions." },
        { 204, null, "", "The server answered 204 with no content type, which is not an event stream. Check that the endpoint is a vLLM server at http://vllm.example:8000/v1/chat/completions." },
        { 308, null, "", "The server redirects elsewhere (the server answered 308). Set the endpoint to the final address." },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Says_what_happened_and_the_way_out(int status, string? contentType, string body, string sentence) =>
        VllmRequestException.For(Answer(status, contentType, body)).Message.Should().Be(sentence);

    [Fact]
    public void An_error_event_is_told_apart_from_an_error_status()
    {
        ServerError.TryRead("""{"error":{"message":"Grammar error","code":400}}"""u8, out ServerError? error);

        VllmRequestException.For(new() { Status = HttpStatusCode.OK, InsideStream = true, Error = error! }).Message.Should().Be(
            "The server refused the request (an error event with code 400 inside a 200): Grammar error. "
            + "Correct the request; sent again it will fail again.");
    }

    [Fact]
    public void An_error_event_without_a_code_is_told_so() =>
        VllmRequestException.For(new() { Status = HttpStatusCode.OK, InsideStream = true, Error = new() { Message = "no" } })
            .Message.Should().Contain("(an error event inside a 200): no.");

    [Fact]
    public void No_connection_names_the_address_and_the_cause()
    {
        var cause = new HttpRequestException("Connection refused (vllm.example:8000)");

        VllmRequestException failed = VllmRequestException.For(new() { Address = Chat, Cause = cause, Attempts = 3 });

        failed.Message.Should().Be(
            "No connection at http://vllm.example:8000/v1/chat/completions, attempt 3: "
            + "Connection refused (vllm.example:8000). Check that a vLLM server listens there.");
        failed.InnerException.Should().BeSameAs(cause);
        failed.Failure.Should().Be(RequestFailure.ConnectionFailed);
        failed.Status.Should().BeNull();
        failed.ResponseBody.Should().BeNull();
        failed.IsRetryable.Should().BeTrue();
    }

    [Fact]
    public void Our_own_clock_is_a_timeout_with_its_length()
    {
        VllmRequestException failed = VllmRequestException.For(new() { Address = Chat, GaveUpAfter = TimeSpan.FromSeconds(30) });

        failed.Failure.Should().Be(RequestFailure.Timeout);
        failed.IsRetryable.Should().BeTrue();
        failed.Message.Should().Be(
            "No answer within 30.0 s at http://vllm.example:8000/v1/chat/completions. Raise the limit (TimeLimits, or the Timeout of an HttpClient of your own), or see the server's load.");
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public void The_wait_that_was_asked_for_is_named(int status)
    {
        FailureFacts request = Answer(status, null, "") with { RetryAfter = TimeSpan.FromSeconds(7), Attempts = 2 };

        VllmRequestException failed = VllmRequestException.For(request);

        failed.RetryAfter.Should().Be(TimeSpan.FromSeconds(7));
        failed.Message.Should().EndWith($"(the server answered {status}, attempt 2). Retry after 7.0 s.");
    }

    [Fact]
    public void Everything_that_the_server_said_is_kept()
    {
        const string Body = """{"error":{"message":"max_tokens must be at least 1, got -1.","type":"BadRequestError","param":"max_tokens","code":400}}""";

        VllmRequestException failed = VllmRequestException.For(
            Answer(400, Json, Body) with { AskedMaxTokens = -1, RequestId = "req-1", Attempts = 2 });

        failed.Should().BeEquivalentTo(new
        {
            Status = HttpStatusCode.BadRequest,
            Failure = RequestFailure.BadRequest,
            ServerMessage = "max_tokens must be at least 1, got -1.",
            ServerErrorType = "BadRequestError",
            Param = "max_tokens",
            Code = "400",
            RequestId = "req-1",
            Attempts = 2,
            RetryAfter = (TimeSpan?)null,
            ContextRefusal = (ContextRefusal?)null,
            IsRetryable = false,
            ResponseBody = Body,
        });
    }

    [Fact]
    public void A_repeated_api_key_is_kept_out_of_every_text()
    {
        const string Key = "sk-very-secret";
        const string Body = $$$"""{"error":{"message":"Invalid key {{{Key}}}","type":"{{{Key}}}","param":"{{{Key}}}","code":"{{{Key}}}"}}""";

        VllmRequestException failed = VllmRequestException.For(Answer(401, Json, Body) with { Secrets = Secrets.Of(Key) });

        failed.ServerMessage.Should().Be("Invalid key ***");
        string?[] texts = [failed.ToString(), failed.ServerErrorType, failed.Param, failed.Code, failed.ResponseBody];
        texts.Should().NotContainNulls().And.OnlyContain(text => !text!.Contains(Key));
    }

    [Fact]
    public void A_long_text_is_quoted_in_part_and_kept_whole()
    {
        string text = string.Concat(Enumerable.Repeat("word\n", 200));

        VllmRequestException failed = VllmRequestException.For(Answer(400, Json, Error(text)));

        failed.ServerMessage.Should().Be(text);
        failed.Message.Should().Contain("word word word").And.Contain("… Correct the request").And.NotContain("\n");
        failed.Message.Length.Should().BeLessThan(500);
    }

    private static FailureFacts Answer(int status, string? contentType, string body) => new()
    {
        Status = (HttpStatusCode)status,
        ContentType = contentType,
        Error = ServerError.FromBody(contentType, Encoding.UTF8.GetBytes(body)),
        Address = Chat,
        Model = "nope",
    };

    private static string Error(string message) =>
        new System.Text.Json.Nodes.JsonObject { ["error"] = new System.Text.Json.Nodes.JsonObject { ["message"] = message } }.ToJsonString();
}
