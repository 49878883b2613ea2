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
        { 404, Json, Error("The model `nope` does not exist. Valid aliases: tiny."), "The server has no model 'nope' (the server answered 404): The model `nope` does not exist. Valid aliases: tiny. Use one of those listed at /v1/models." },
        { 404, Json, """{"detail":"Not Found"}""", "The server does not offer /v1/chat/completions (the server answered 404): Not Found. It needs a generative model; servers of embedding, reranking, classifying and speech models do not have it. Otherwise check the endpoint's address and the server's version." },
        { 401, Json, """{"error":"Unauthorized"}""", "The server did not accept the API key (the server answered 401): Unauthorized. Set VllmAdapterOptions.ApiKey to a key that the server was started with." },
        { 403, null, "", "The server forbids this (the server answered 403). It may be disabled there, or not allowed for this key." },
        { 400, Json, Error("n must be at least 1, got 0."), "The server refused the request (the server answered 400): n must be at least 1, got 0. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("1 validation error:\n  {'type': 'missing', 'loc': 'body.messages', 'msg': 'Field required', 'input': 'private'}"), "The server refused the request (the server answered 400): body.messages: Field required. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': \"It's 'not' there\", 'input': 'private'}]"), "The server refused the request (the server answered 400): body.messages: It's 'not' there. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("[{'type': 'json_invalid', 'loc': ('body', 31), 'msg': 'JSON decode error', 'input': {}}]"), "The server refused the request (the server answered 400): body.31: JSON decode error. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("[{'type': 'value_error', 'loc': ('body',), 'msg': 'Value error, it\\'s \"off\"', 'input': {}}]"), "The server refused the request (the server answered 400): Value error, it's \"off\". Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("1 validation error: {'type': 'odd', 'loc': 'x', 'msg': 'never closed"), "The server refused the request (the server answered 400): 1 validation error. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("[{'type': 'odd'}]"), "The server refused the request (the server answered 400). Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("Broken:\n {'type': 'odd'}"), "The server refused the request (the server answered 400): Broken. Correct the request; unchanged, it will fail again." },
        { 429, null, "", "Too many requests (the server answered 429). Retry later, or send fewer requests at once." },
        { 503, Json, Error("The engine is currently busy and cannot accept new requests."), "The server's queue is full (the server answered 503): The engine is currently busy and cannot accept new requests. Retry later, or send fewer requests at once." },
        { 502, "text/html", "<title>502 Bad Gateway</title>", "No working vLLM behind this address (the server answered 502): 502 Bad Gateway. Retry when the server is up; see its log, and that of any gateway in front of it." },
        { 504, "text/html", "<title>504 Gateway Time-out</title>", "A gateway waited too long for the server (the server answered 504): 504 Gateway Time-out. Raise its time limit, or see the server's load." },
        { 500, null, "", "The server's engine died (the server answered 500). Retry once the server has been restarted; see its log." },
        { 500, Json, Error("Internal server error"), "The server failed on this request (the server answered 500): Internal server error. The same request may well fail again; see the server's log." },
        { 200, Json, """{"error":{"message":"no","code":500}}""", "The server failed on this request (the server answered 200 with an error of code 500): no. The same request may well fail again; see the server's log." },
        { 200, "text/html; charset=utf-8", "<title>Sign in</title>", "The server answered 200 with text/html, which is not an event stream: Sign in. Check that the endpoint is a vLLM server at http://vllm.example:8000/v1/chat/completions." },
        { 200, "application/json", "{}", "The server answered 200 with application/json, which is neither an answer nor an error. Check that the endpoint is a vLLM server at http://vllm.example:8000/v1/chat/completions." },
        { 204, null, "", "The server answered 204 with no content type, which is not an event stream. Check that the endpoint is a vLLM server at http://vllm.example:8000/v1/chat/completions." },
        { 308, null, "", "The server redirects elsewhere (the server answered 308). Set the endpoint to the final address." },
        { 422, Json, """{"detail":[{"loc":["body","messages",0,"content"],"msg":"str type expected","type":"type_error.str"}]}""", "The server refused the request (the server answered 422): body.messages.0.content: str type expected. Correct the request; unchanged, it will fail again." },
        { 400, Json, """{"error":{"message":"Must be finite.","param":"temperature","code":400}}""", "The server refused the request (the server answered 400): temperature: Must be finite. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("2 validation errors for ValidatorIterator\n0.text\n  Input should be a valid string [type=string_type, input_value={'text': 'private'}, input_type=dict]"), "The server refused the request (the server answered 400): 2 validation errors for ValidatorIterator 0.text Input should be a valid string [type=string_type, input_type=dict]. Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("bad_words entries must tokenize to at least one token. (parameter=bad_words, value=['private'])"), "The server refused the request (the server answered 400): bad_words entries must tokenize to at least one token. (parameter=bad_words). Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("temperature must be in [0, 2], got 2.5. (parameter=temperature, value=2.5)"), "The server refused the request (the server answered 400): temperature must be in [0, 2], got 2.5. (parameter=temperature, value=2.5). Correct the request; unchanged, it will fail again." },
        { 400, Json, Error("Extra inputs are not permitted, field: 'stream_options.continuous_usage_stats', value: True"), "The server refused the request (the server answered 400): Extra inputs are not permitted, field: 'stream_options.continuous_usage_stats', value: True. Set VllmAdapterOptions.UsageReporting to Final, or to None if that is refused as well: this server does not accept the field." },
        { 422, Json, """{"detail":[{"loc":["body","stream_options"],"msg":"extra fields not permitted","type":"value_error.extra"}]}""", "The server refused the request (the server answered 422): body.stream_options: extra fields not permitted. Set VllmAdapterOptions.UsageReporting to None: this server does not accept the field." },
        { 400, Json, Error("Structured output processing only supports one backend per engine. The engine is already using 'xgrammar', but this request resolved to 'guidance'."), "The server refused the request (the server answered 400): Structured output processing only supports one backend per engine. The engine is already using 'xgrammar', but this request resolved to 'guidance'. Set structured_outputs_config.backend on the server to one that takes all of your formats; until it is restarted, it accepts only formats of the backend in use." },
        { 400, null, "", "A gateway in front of the server gave up on the request (the server answered 400). vLLM never refuses a request without a message; see the gateway's log and its time limits, then retry." },
        { 402, Json, Error("Insufficient credits"), "Credit or quota is used up (the server answered 402): Insufficient credits. Top it up, or ask whoever runs the server; retrying will fail the same way." },
        { 429, Json, Error("You exceeded your current quota"), "Credit or quota is used up (the server answered 429): You exceeded your current quota. Top it up, or ask whoever runs the server; retrying will fail the same way." },
        { 407, null, "", "A proxy on the way requires credentials (the server answered 407). Give the proxy its user and password (the Proxy of the HttpClient's handler), or bypass it." },
        { 413, "text/html", "<title>413 Request Entity Too Large</title>", "The request is too large for the server or for a gateway in front of it (the server answered 413): 413 Request Entity Too Large. Send less, or raise the body limit of the proxies on the way (nginx: client_max_body_size)." },
        { 421, null, "", "The server does not answer for this host name (the server answered 421). Check the endpoint's host name." },
        { 431, null, "", "The request's headers are too large (the server answered 431). Send fewer or shorter ones (RequestHeaders.Additional, the trace's baggage, cookies of a handler)." },
        { 501, Json, Error("Only base64 data URLs are supported for now."), "The server refused the request (the server answered 501): Only base64 data URLs are supported for now. The server fetches this part itself: use an address that it can reach, or send the bytes (a base64 data URL)." },
        { 500, Json, """{"statusCode":500,"code":"ECONNREFUSED","error":"Internal Server Error","message":"connect ECONNREFUSED 127.0.0.1:1"}""", "No working vLLM behind this address (the server answered 500): connect ECONNREFUSED 127.0.0.1:1. Retry when the server is up; see its log, and that of any gateway in front of it." },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Says_what_happened_and_the_way_out(int status, string? contentType, string body, string sentence) =>
        VllmRequestException.For(Answer(status, contentType, body)).Message.Should().Be(sentence);

    [Fact]
    public void A_picture_that_cannot_be_fetched_is_named_by_its_place()
    {
        FailureFacts facts = Answer(500, Json, Error("Cannot connect to host dead.example:443 ssl:default [Name or service not known]")) with
        {
            RequestBody = """{"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://dead.example/cat.png"}}]}]}"""u8.ToArray(),
        };

        VllmRequestException.For(facts).Message.Should().Be(
            "The server could not fetch messages[0].content[0] of the request (the server answered 500): Cannot connect to host dead.example:443 "
            + "ssl:default [Name or service not known]. The server fetches this part itself: use an address that it can reach, or send the "
            + "bytes (a base64 data URL).");
    }

    [Theory]
    [InlineData(20_100_000, " of 20.1 MB")]
    [InlineData(999_999, " of 999,999 bytes")]
    public void A_request_that_is_too_large_is_told_its_size(int bytes, string size)
    {
        FailureFacts refused = Answer(413, null, "") with { RequestBody = new byte[bytes] };

        VllmRequestException.For(refused).Message.Should().StartWith($"The request{size} is too large");
    }

    [Fact]
    public void A_connection_that_breaks_while_a_long_request_is_sent_is_told_with_its_size()
    {
        var cause = new HttpRequestException("Error while copying content to a stream.", new IOException("Broken pipe"));

        VllmRequestException.For(new() { Address = Chat, Cause = cause, BrokeWhileSending = 20_100_000 }).Message.Should().Be(
            "The connection at http://vllm.example:8000/v1/chat/completions broke while 20.1 MB were being sent: Broken pipe. "
            + "A proxy's limit on the body is the likely cause (nginx: client_max_body_size): send less, or raise it.");
    }

    [Fact]
    public void A_redirect_that_was_followed_is_told_without_secrets() =>
        VllmRequestException.For(Answer(200, Json, "{}") with { FollowedTo = new Uri("https://user:secret@other.example/chat?key=secret") }).Message.Should().Be(
            "The HttpClient followed a redirect to https://other.example/chat and sent the request there; what came back was not read. "
            + "Set the endpoint to the final address, and AllowAutoRedirect of the client's handler to false.");

    [Fact]
    public void An_answer_that_is_too_large_is_told_the_limit() =>
        VllmRequestException.For(Answer(200, Json, "") with { LargerThan = 16_777_216, Expected = "a list of models" }).Message.Should().Be(
            "The server answered 200 with more than 16,777,216 bytes at http://vllm.example:8000/v1/chat/completions, too many for a list of models. "
            + "Raise VllmAdapterOptions.MaxEventBytes, or check that the endpoint is a vLLM server.");

    [Theory]
    [InlineData("https://user:secret@other.example/v1/chat/completions?key=secret#top", "https://other.example/v1/chat/completions")]
    [InlineData("/login?next=secret", "http://vllm.example:8000/login")]
    public void A_redirect_is_told_its_target_without_secrets(string location, string target)
    {
        FailureFacts facts = Answer(307, null, "") with { Location = new Uri(location, UriKind.RelativeOrAbsolute) };

        VllmRequestException.For(facts).Message.Should().Be($"The server redirects to {target} (the server answered 307). Set the endpoint to the final address.");
    }

    [Theory]
    [InlineData("Basic", "A gateway in front of the server requires a user name and password (Basic) (the server answered 401). Send them in the Authorization header (RequestHeaders.Additional), or through the HttpClient's handler.")]
    [InlineData("Bearer", "The server did not accept the API key (the server answered 401). Set VllmAdapterOptions.ApiKey to a key that the server was started with.")]
    public void A_challenge_tells_what_is_wanted(string challenge, string sentence) =>
        VllmRequestException.For(Answer(401, null, "") with { Challenge = challenge }).Message.Should().Be(sentence);

    [Fact]
    public void A_success_of_length_zero_is_no_reply() =>
        VllmRequestException.For(Answer(200, null, "") with { ContentLength = 0 }).Message.Should().Be(
            "The server answered 200 with an empty body: nothing is served at http://vllm.example:8000/v1/chat/completions. Check the endpoint's address.");

    [Fact]
    public void A_tunnel_that_a_proxy_refuses_is_told_as_the_proxys()
    {
        var cause = new HttpRequestException(
            HttpRequestError.ProxyTunnelError, "The proxy tunnel request to proxy 'http://proxy.example/' failed with status code '407'.");

        VllmRequestException.For(new() { Address = Chat, Cause = cause }).Message.Should().Be(
            "A proxy on the way to the server at http://vllm.example:8000/v1/chat/completions refused to connect (it answered 407). "
            + "Give the proxy its user and password (the Proxy of the HttpClient's handler), or bypass it.");
    }

    [Theory]
    [InlineData(0.2, "")]
    [InlineData(60, ", after 60.0 s of silence; probably a proxy's idle timeout")]
    public void A_reply_that_breaks_off_before_its_first_event_is_not_told_as_no_connection(double silence, string after) =>
        VllmRequestException.For(new() { Address = Chat, Cause = new IOException("The response ended prematurely."), BrokeOffAfter = TimeSpan.FromSeconds(silence) })
            .Message.Should().Be(
                $"The reply at http://vllm.example:8000/v1/chat/completions broke off before its first event{after}: The response ended prematurely. "
                + "Try again; see the server's log.");

    [Theory]
    [InlineData("An error occurred while sending the request.", "The response ended prematurely. (ResponseEnded)", "The response ended prematurely. (ResponseEnded)")]
    [InlineData("Connection refused (vllm.example:8000)", "Connection refused", "Connection refused (vllm.example:8000)")]
    public void The_cause_that_says_most_is_quoted(string outer, string inner, string quoted)
    {
        var cause = new HttpRequestException(outer, new IOException("wrapped", new IOException(inner)));

        VllmRequestException.For(new() { Cause = cause }).Message.Should().StartWith($"No connection: {quoted}");
    }

    [Fact]
    public void What_a_server_repeats_of_the_prompt_is_no_part_of_the_sentence()
    {
        const string Prompt = "My name is Ada and my account is 4711-0815.";
        FailureFacts facts = Answer(503, "text/plain", $"Queue full, cannot take \"{Prompt}\" now") with
        {
            RequestBody = Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"{{Prompt}}"}]}"""),
        };

        VllmRequestException failed = VllmRequestException.For(facts);

        failed.Message.Should().Contain("Queue full, cannot take \"[…]\" now.").And.NotContainAny("Ada", "4711");
        failed.ServerMessage.Should().Contain(Prompt, "it is said to be as confidential as the prompt");
    }

    [Fact]
    public void A_code_of_the_servers_own_forges_no_line()
    {
        ServerError.TryRead("{\"error\":{\"message\":\"no\",\"code\":\"x\\nWARN forged\"}}"u8, out ServerError? error);

        VllmRequestException.For(new() { Status = HttpStatusCode.OK, InsideStream = true, Error = error! })
            .Message.Should().Contain("with code x WARN forged inside").And.NotContain("\n");
    }

    /// <summary>What .NET says of bytes that it could not take.</summary>
    public static TheoryData<string> Causes => new()
    {
        "Received an invalid header line: 'Authorization Bearer sk-very-secret'.",
        "Received an invalid chunk size: '73-6B-2D-76-65-72-79-2D-73-65-63-72-65-74'.",
        "Received an invalid chunk size: '736b2d766572792d736563726574'.",
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_cause_that_holds_the_key_is_told_without_it_and_not_kept(string words)
    {
        var cause = new HttpRequestException("An error occurred while sending the request.", new HttpRequestException(words));

        VllmRequestException failed = VllmRequestException.For(new() { Address = Chat, Cause = cause, Secrets = Secrets.Of("sk-very-secret") });

        failed.InnerException.Should().BeNull();
        failed.ToString().Should().Contain("Received an invalid").And.Contain("***").And.NotContain("sk-very").And.NotContain("73-6B");
    }

    [Fact]
    public void A_content_type_that_holds_the_key_is_told_without_it() =>
        VllmRequestException.For(Answer(200, "text/sk-very-secret", "x") with { Secrets = Secrets.Of("sk-very-secret") })
            .ToString().Should().Contain("text/***").And.NotContain("sk-very");

    [Fact]
    public void An_error_event_is_told_apart_from_an_error_status()
    {
        ServerError.TryRead("""{"error":{"message":"Grammar error","code":400}}"""u8, out ServerError? error);

        VllmRequestException.For(new() { Status = HttpStatusCode.OK, InsideStream = true, Error = error! }).Message.Should().Be(
            "The server refused the request (an error event with code 400 inside a 200): Grammar error. "
            + "Correct the request; unchanged, it will fail again.");
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
        failed.StatusCode.Should().BeNull();
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
            "No answer within 30.0 s at http://vllm.example:8000/v1/chat/completions. Raise the limit (TimeLimits, or the Timeout of your own HttpClient), or ask Server.DiagnoseAsync what the server is doing.");
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
            Answer(400, Json, Body) with { RequestedMaxTokens = -1, RequestId = "req-1", Attempts = 2 });

        failed.Should().BeEquivalentTo(new
        {
            StatusCode = HttpStatusCode.BadRequest,
            Failure = RequestFailure.BadRequest,
            ServerMessage = "max_tokens must be at least 1, got -1.",
            ServerErrorType = "BadRequestError",
            Parameter = "max_tokens",
            ServerErrorCode = "400",
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
        string?[] texts = [failed.ToString(), failed.ServerErrorType, failed.Parameter, failed.ServerErrorCode, failed.ResponseBody];
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
