using System.Text;

namespace VllmAdapter.Tests.Failures;

public class ServerErrorTests
{
    /// <summary>JSON; message, type, param, code, code as a number.</summary>
    public static TheoryData<string, string?, string?, string?, string?, int?> Shapes => new()
    {
        { """{"error":{"message":"no","type":"BadRequestError","param":"n","code":400}}""", "no", "BadRequestError", "n", "400", 400 },
        { """{"error":{"object":"error","message":"no","type":"BadRequestError","param":null,"code":400}}""", "no", "BadRequestError", null, "400", 400 },
        { """{"object":"error","message":"no","type":"BadRequestError","param":null,"code":400}""", "no", "BadRequestError", null, "400", 400 },
        { """{"object":"error","message":"","type":"BadRequestError","param":null,"code":400}""", null, "BadRequestError", null, "400", 400 },
        { """{"object":"error"}""", null, null, null, null, null },
        { """{"error":{"message":"no","code":"500"}}""", "no", null, null, "500", 500 },
        { """{"error":{"message":"no","code":"rate_limit_exceeded"}}""", "no", null, null, "rate_limit_exceeded", null },
        { """{"error":{"message":"no","code":400.0}}""", "no", null, null, "400.0", 400 },
        { """{"error":{"message":"no","code":400.5}}""", "no", null, null, "400.5", null },
        { """{"error":{"message":"no","code":1e99}}""", "no", null, null, "1e99", null },
        { """{"error":{"message":"no","code":null}}""", "no", null, null, null, null },
        { """{"error":{"message":"no","code":{"a":1},"type":[1],"param":false}}""", "no", null, null, null, null },
        { """{"error":{"code":503}}""", null, null, null, "503", 503 },
        { """{"error":{"message":{"error":{"message":"inner","code":7}}}}""", "inner", null, null, "7", 7 },
        { """{"error":"Unauthorized"}""", "Unauthorized", null, null, null, null },
        { """{"error":"no","error_type":"validation","code":422}""", "no", "validation", null, "422", 422 },
        { """{"error":["one","two"]}""", "one; two", null, null, null, null },
        { """{"error":[{"message":"one","code":400},{"message":"two","param":"n"}]}""", "one; n: two", null, null, "400", 400 },
        { """{"error":{"reason":"upstream died"}}""", null, null, null, null, null },
        { """{"error":{"upstream":{"up":true}}}""", null, null, null, null, null },
        { """{"error":true}""", null, null, null, null, null },
        { """{"error":42}""", "42", null, null, null, null },
        { """{"error_type":"overloaded","message":"busy"}""", "busy", "overloaded", null, null, null },
        { """{"detail":"Not Found"}""", "Not Found", null, null, null, null },
        { """{"detail":[{"type":"missing","loc":["body","messages",0],"msg":"Field required"}]}""", "Field required", "missing", "body.messages.0", null, null },
        { """{"detail":{"error":"Unauthorized"}}""", "Unauthorized", null, null, null, null },
        { """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "Overloaded", "overloaded_error", null, null, null },
        { """{"type":"error","message":"no"}""", "no", null, null, null, null },
        { """{"choices":[],"error":{"message":"no","code":"500"}}""", "no", null, null, "500", 500 },
        { """{"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}],"error":{"message":"no"}}""", "no", null, null, null, null },
        { """{"error":{"message":"Hosted_vllmException - {\"error\":{\"message\":\"no\",\"code\":400}}","code":"400"}}""", """Hosted_vllmException - {"error":{"message":"no","code":400}}""", null, null, "400", 400 },
        { """{"message":"upstream timed out","code":504}""", "upstream timed out", null, null, "504", 504 },
        { """{"message":"upstream timed out","status":504}""", "upstream timed out", null, null, "504", 504 },
        { """{"errors":[{"message":"boom"}]}""", "boom", null, null, null, null },
        { """{"errors":["one","two"]}""", "one; two", null, null, null, null },
        { """{"success":false,"msg":"quota"}""", "quota", null, null, null, null },
        { """{"success":false,"message":"no","data":null}""", "no", null, null, null, null },
        { """{"statusCode":500,"code":"ECONNREFUSED","error":"Internal Server Error","message":"connect ECONNREFUSED 127.0.0.1:1"}""", "connect ECONNREFUSED 127.0.0.1:1", "Internal Server Error", null, "ECONNREFUSED", null },
        { """{"timestamp":1,"status":404,"error":"Not Found","message":"No handler","path":"/v1"}""", "No handler", "Not Found", null, "404", 404 },
        { """ {"error":"spaced"} """, "spaced", null, null, null, null },
        { "\uFEFF{\"error\":\"marked\"}", "marked", null, null, null, null },
        { """{"error":"half \ud800 pair"}""", """half \ud800 pair""", null, null, null, null },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_shape_is_read(string json, string? message, string? type, string? param, string? code, int? number)
    {
        ServerError.TryRead(Encoding.UTF8.GetBytes(json), out ServerError? error).Should().BeTrue();

        Told(error!).Should().Be((message, type, param, code, number));
        error!.IsDeclared.Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_same_shape_is_read_as_a_body(string json, string? message, string? type, string? param, string? code, int? number)
    {
        ServerError error = ServerError.FromBody("application/json", Encoding.UTF8.GetBytes(json));

        Told(error).Should().Be((message, type, param, code, number));
        error.IsDeclared.Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"a"}}],"error":null}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1},"error":""}""")]
    [InlineData("""{"error":false}""")]
    [InlineData("""{"error":0}""")]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"error":[]}""")]
    [InlineData("""{"error":{"message":null,"code":null}}""")]
    [InlineData("""{"error":{"message":"","details":[{"up":false},0]}}""")]
    [InlineData("""{"choices":[{"index":0}],"detail":"high"}""")]
    [InlineData("""{"detail":null}""")]
    [InlineData("""{"error_type":null,"error_message":null}""")]
    [InlineData("""{"id":"x","object":"chat.completion","message":"none of ours"}""")]
    [InlineData("""{"message":"hello"}""")]
    [InlineData("""{"message":"hello","code":200}""")]
    [InlineData("""{"message":"hello","code":0}""")]
    [InlineData("""{"code":504}""")]
    [InlineData("""{"errors":[]}""")]
    [InlineData("""{"success":true,"message":"done"}""")]
    [InlineData("""{"success":false}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"a"}}],"message":"x","code":504}""")]
    [InlineData("""{"choices":[],"errors":[{"message":"x"}]}""")]
    [InlineData("""{"object":"chat.completion.chunk","success":false,"msg":"x"}""")]
    [InlineData("""{"usage":{"prompt_tokens":1},"message":"x","code":504}""")]
    [InlineData("""{}""")]
    [InlineData("""[{"error":"x"}]""")]
    [InlineData("\"error\"")]
    [InlineData("null")]
    [InlineData("500")]
    [InlineData("")]
    [InlineData("[DONE]")]
    [InlineData("""{"error":{"message":"cut of""")]
    [InlineData("""{"error":"x"}{"error":"y"}""")]
    [InlineData("""{"error":"x",}""")]
    [InlineData("""{"error":"x","\ud800":"a name that is no text"}""")]
    public void What_does_not_say_that_it_is_an_error_is_none(string json)
    {
        ServerError.TryRead(Encoding.UTF8.GetBytes(json), out ServerError? error).Should().BeFalse();
        error.Should().BeNull();
    }

    /// <summary>Content type, body, message.</summary>
    public static TheoryData<string?, string, string?> Bodies => new()
    {
        { null, "", null },
        { "text/plain", " \r\n", null },
        { "text/plain; charset=utf-8", "Failed to deserialize the JSON body into the target type: missing field `messages` at line 1 column 33", "Failed to deserialize the JSON body into the target type: missing field `messages` at line 1 column 33" },
        { "text/plain", "Internal Server Error\n", "Internal Server Error" },
        { "text/html", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>", "502 Bad Gateway" },
        { null, "<!DOCTYPE html><html><head><style>p { color: red }</style><script>if (a < b) {}</script></head><!-- <p>old</p> --><body><p>Try&nbsp;again\n <b>later</b> &amp; wait</p>", "Try again later & wait" },
        { "text/html", "<TITLE class=x>\n Sign   in </TITLE>", "Sign in" },
        { "text/html", "<title></title><p>Only text</p>", "Only text" },
        { "text/html", "<html><script>never closed", null },
        { "text/html", "no tags at all", "no tags at all" },
        { "text/html", "<p", null },
        { "application/json", """{"message":"no Route matched with those values"}""", "no Route matched with those values" },
        { "application/json", """{"html-message":"<html><body><h1>Error</h1><p>fetch failed Cause: Error: connect ECONNREFUSED</p></body></html>"}""", "Error fetch failed Cause: Error: connect ECONNREFUSED" },
        { "application/problem+json", """{"type":"about:blank","title":"Not Found","status":404,"traceId":"0"}""", "Not Found" },
        { "application/json", """{"foo":1}""", null },
        { "application/json", "\"Unauthorized\"", "Unauthorized" },
        { "application/json", "null", null },
        { "application/json", """{"error":{"message":"cut of""", """{"error":{"message":"cut of""" },
        { "text/event-stream", "event: error\r\ndata: {\"error\":{\"message\":\"framed\",\"code\":500}}\r\n\r\ndata: [DONE]\r\n\r\n", "framed" },
        { "text/event-stream", "data: nothing\n\n", "data: nothing" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_of_any_kind_gives_its_words(string? contentType, string body, string? message)
    {
        ServerError error = ServerError.FromBody(contentType, Encoding.UTF8.GetBytes(body));

        error.Message.Should().Be(message);
        error.Raw.Should().Be(body);
    }

    [Theory]
    [InlineData("text/html", "<p>502</p>", false)]
    [InlineData("text/plain", "no", false)]
    [InlineData("application/json", """{"message":"no"}""", false)]
    [InlineData("application/json", """{"detail":"no"}""", true)]
    [InlineData("text/event-stream", "data: {\"error\":\"no\"}\n\n", true)]
    public void Only_what_the_server_itself_calls_an_error_is_declared(string contentType, string body, bool declared) =>
        ServerError.FromBody(contentType, Encoding.UTF8.GetBytes(body)).IsDeclared.Should().Be(declared);

    [Fact]
    public void Text_is_bounded()
    {
        string page = $"<html><body>{new string('x', 1_000_000)}</body></html>";
        string json = $$$"""{"error":{"message":"{{{new string('y', 10_000)}}}"}}""";

        ServerError html = ServerError.FromBody("text/html", Encoding.UTF8.GetBytes(page));
        ServerError plain = ServerError.FromBody("text/plain", Encoding.UTF8.GetBytes(new string('z', 100_000)));
        ServerError nested = ServerError.FromBody("application/json", Encoding.UTF8.GetBytes(json));

        html.Message.Should().HaveLength(501).And.EndWith("x…");
        html.Raw.Should().HaveLength(4097);
        plain.Message.Should().HaveLength(4097);
        nested.Message.Should().HaveLength(10_000, "the server's own sentence is kept");
        nested.Raw.Should().HaveLength(4097);
    }

    /// <summary>Content type, body: the key lies across the place where the text is cut.</summary>
    public static TheoryData<string, string> CutKeys => new()
    {
        { "text/plain", new string('a', 4_076) + "sk-TOPSECRET-0123456789" },
        { "application/json", $$$"""{"error":{"message":"{{{new string('a', 4_060)}}}sk-TOPSECRET-0123456789"}}""" },
        { "application/json", $$"""{"foo":"{{new string('a', 4_076)}}sk\u002dTOPSECRET\u002D0123456789"}""" },
        { "text/html", $"<p>{new string('a', 485)} sk-TOPSECRET-0123456789</p>" },
        { "text/html", $"<p>{new string('a', 485)} sk&#45;TOPSECRET-0123456789</p>" },
    };

    [Theory]
    [MemberData(nameof(CutKeys))]
    public void A_key_is_hidden_before_the_text_is_cut(string contentType, string body)
    {
        ServerError error = ServerError.FromBody(contentType, Encoding.UTF8.GetBytes(body), Secrets.Of("sk-TOPSECRET-0123456789"));

        $"{error.Message} {error.Raw}".Should().Contain("aaa").And.NotContain("TOP").And.NotContain("sk-");
    }

    [Fact]
    public void Text_is_never_cut_inside_a_character()
    {
        string text = new string('a', 4095) + "🦙🦙";

        ServerError error = ServerError.FromBody("text/plain", Encoding.UTF8.GetBytes(text));

        error.Message.Should().Be(new string('a', 4095) + "…");
    }

    [Fact]
    public void Bytes_that_are_not_text_become_replacement_characters()
    {
        byte[] json = [.. "{\"error\":\"a"u8, 0xC3, 0x28, .. "\"}"u8];

        ServerError.TryRead(json, out ServerError? error).Should().BeTrue();

        error!.Message.Should().Be("a\uFFFD(");
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"error\":", "}")]
    [InlineData("{\"detail\":[", "]}")]
    public void Deep_nesting_is_no_error_and_no_crash(string open, string close)
    {
        string json = string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000));

        ServerError.TryRead(Encoding.UTF8.GetBytes(json), out _).Should().BeFalse();
        ServerError.FromBody("application/json", Encoding.UTF8.GetBytes(json)).IsDeclared.Should().BeFalse();
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var random = new Random(20261122);
        byte[][] seeds =
        [
            .. Shapes.Select(row => Encoding.UTF8.GetBytes((string)row[0])),
            .. Bodies.Select(row => Encoding.UTF8.GetBytes((string)row[1])),
        ];
        string?[] contentTypes = [null, "text/html", "text/plain", "application/json", "text/event-stream", "???"];
        int declared = 0;

        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = Damage(seeds[random.Next(seeds.Length)], random);

            declared += ServerError.TryRead(bytes, out ServerError? error) ? 1 : 0;
            ServerError body = ServerError.FromBody(contentTypes[random.Next(contentTypes.Length)], bytes);

            VllmRequestException.For(new() { Status = System.Net.HttpStatusCode.BadRequest, Error = error ?? body })
                .Message.Should().NotBeNullOrEmpty();
        }

        declared.Should().BeInRange(1_000, 19_000, "both answers must have been tried");
    }

    private static (string? Message, string? Type, string? Param, string? Code, int? Number) Told(ServerError error) =>
        (error.Message, error.Type, error.Parameter, error.Code, error.CodeNumber);

    private static byte[] Damage(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int edits = random.Next(4); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveAt(at); break;
                case 2: bytes.Insert(at, (byte)"{}[]\",:\\u<>'0 "[random.Next(14)]); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }
}
