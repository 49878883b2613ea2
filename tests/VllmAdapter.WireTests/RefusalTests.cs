using System.Net;
using System.Net.Sockets;
using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>Requests that never became a stream: nobody there, no HTTP, cut before the headers were through, or refused on the way.</summary>
public sealed class RefusalTests
{
    private const string Html = "Content-Type: text/html\r\n";
    private const string Json = "Content-Type: application/json\r\n";
    private const string BadGateway = "<html><head><title>502 Bad Gateway</title></head></html>";

    private static readonly Dictionary<string, Row> Rows = new(StringComparer.Ordinal)
    {
        ["reset before the headers"] = new(Resets(""), RequestFailure.ConnectionFailed),
        ["reset inside the status line"] = new(Resets("HTTP/1.1 2"), RequestFailure.ConnectionFailed),
        ["reset inside the headers"] = new(Resets("HTTP/1.1 200 OK\r\nContent-Ty"), RequestFailure.ConnectionFailed),
        ["reset before the end of the headers"] = new(Resets(Head), RequestFailure.ConnectionFailed),
        ["closed before the headers"] = new(Closes(""), RequestFailure.ConnectionFailed),
        ["closed inside the headers"] = new(Closes("HTTP/1.1 200 OK\r\nContent-Ty"), RequestFailure.ConnectionFailed),
        ["closed after an informational response"] = new(Closes("HTTP/1.1 100 Continue\r\n\r\n"), RequestFailure.ConnectionFailed),
        ["garbage instead of HTTP"] = new(Holds("\0\u0001\u0002 not HTTP at all\r\n\r\n"), RequestFailure.ConnectionFailed),
        ["a greeting instead of HTTP"] = new(Holds("SSH-2.0-OpenSSH_9.6\r\n"), RequestFailure.ConnectionFailed),
        ["a status that is no number"] = new(Holds("HTTP/1.1 OK 200\r\n\r\n"), RequestFailure.ConnectionFailed),
        ["a header without a colon"] = new(Holds("HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n"), RequestFailure.ConnectionFailed),
        ["headers beyond all bounds"] = new(Holds("HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 200_000) + "\r\n\r\n"), RequestFailure.ConnectionFailed),
        ["a status line and nothing more, closed"] = new(Closes("HTTP/1.1 200 OK\r\n"), RequestFailure.ConnectionFailed),

        ["a protocol that nobody asked for"] = new(Closes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), RequestFailure.UnexpectedContent, 101),
        ["HTML 502"] = new(Holds(Reply("502 Bad Gateway", Html, BadGateway)), RequestFailure.Unavailable, 502, Says: "502 Bad Gateway"),
        ["HTML 502 that closes"] = new(Closes(Reply("502 Bad Gateway", Html + "Connection: close\r\n", BadGateway)), RequestFailure.Unavailable, 502, Says: "502 Bad Gateway"),
        ["HTML 502 cut inside the body"] = new(Closes("HTTP/1.1 502 Bad Gateway\r\n" + Html + "Content-Length: 9000\r\n\r\n" + BadGateway), RequestFailure.Unavailable, 502, Says: "502 Bad Gateway"),
        ["HTML 502 reset inside the body"] = new(Resets("HTTP/1.1 502 Bad Gateway\r\n" + Html + "Content-Length: 9000\r\n\r\n" + BadGateway), RequestFailure.Unavailable, 502),
        ["500 without a body"] = new(Holds(Reply("500 Internal Server Error", "", "")), RequestFailure.EngineDead, 500),
        ["500 cut before its body"] = new(Closes("HTTP/1.1 500 Internal Server Error\r\n" + Json + "Content-Length: 90\r\n\r\n"), RequestFailure.ServerError, 500),
        ["500 reset before its body"] = new(Resets("HTTP/1.1 500 Internal Server Error\r\n" + Json + "Content-Length: 90\r\n\r\n"), RequestFailure.ServerError, 500),
        ["HTML 504"] = new(Holds(Reply("504 Gateway Time-out", Html, "<html><title>504 Gateway Time-out</title></html>")), RequestFailure.Timeout, 504),
        ["HTML 504 over HTTP/1.0"] = new(Closes("HTTP/1.0 504 Gateway Time-out\r\n" + Html + "\r\n<html><title>504</title></html>"), RequestFailure.Timeout, 504),
        ["503 in chunks, with a hint"] = new(Holds("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n" + Html + "Transfer-Encoding: chunked\r\n\r\n" + Chunk("busy") + LastChunk), RequestFailure.Unavailable, 503, RetryAfter: 7),
        ["503 with a broken chunk"] = new(Holds("HTTP/1.1 503 Service Unavailable\r\n" + Html + "Transfer-Encoding: chunked\r\n\r\nzz\r\nbusy"), RequestFailure.Unavailable, 503),
        ["429 with a hint"] = new(Holds(Reply("429 Too Many Requests", Json + "Retry-After: 2\r\n", "{\"error\":{\"message\":\"slow down\"}}")), RequestFailure.RateLimited, 429, "slow down", RetryAfter: 2),
        ["429 with a hint that nobody can read"] = new(Holds(Reply("429 Too Many Requests", "Retry-After: soon\r\n", "")), RequestFailure.RateLimited, 429),
        ["429 with a hint beyond all bounds"] = new(Holds(Reply("429 Too Many Requests", "Retry-After: 99999999999999999999\r\n", "")), RequestFailure.RateLimited, 429, RetryAfter: int.MaxValue),
        ["401"] = new(Holds(Reply("401 Unauthorized", Json + "WWW-Authenticate: Bearer\r\n", "{\"error\":\"Unauthorized\"}")), RequestFailure.Unauthorized, 401, "Unauthorized"),
        ["407 of a proxy"] = new(Holds(Reply("407 Proxy Authentication Required", "", "")), RequestFailure.Unauthorized, 407),
        ["413 before the request was read"] = new(Closes(Reply("413 Payload Too Large", "Connection: close\r\n", "too large")), RequestFailure.BadRequest, 413),
        ["499 and nothing"] = new(Holds("HTTP/1.1 499 \r\nContent-Length: 0\r\n\r\n"), RequestFailure.BadRequest, 499),
        ["a status beyond the known"] = new(Holds("HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n"), RequestFailure.ServerError, 799),
        ["a redirect"] = new(Holds(Reply("302 Found", "Location: http://elsewhere.test/\r\n", "")), RequestFailure.UnexpectedContent, 302),
        ["a 200 whose length is nothing (Caddy without a route)"] = new(Holds(Reply("200 OK", "", "")), RequestFailure.UnexpectedContent, 200),
        ["a sign-in page with status 200"] = new(Holds(Reply("200 OK", Html, "<html><title>Sign in</title></html>")), RequestFailure.UnexpectedContent, 200, "Sign in"),
        ["a sign-in page cut inside the body"] = new(Closes("HTTP/1.1 200 OK\r\n" + Html + "Content-Length: 9000\r\n\r\n<html><title>Sign in</title>"), RequestFailure.UnexpectedContent, 200),
        ["204"] = new(Holds("HTTP/1.1 204 No Content\r\n\r\n"), RequestFailure.UnexpectedContent, 204),
        ["JSON that is no completion"] = new(Holds(Reply("200 OK", Json, "{\"status\":\"ok\"}")), RequestFailure.UnexpectedContent, 200),
        ["an error event first"] = new(Holds(Chunked + Chunk("data: {\"error\":{\"message\":\"boom\",\"code\":400}}\n\n")), RequestFailure.BadRequest, 200, "boom"),
        ["an error event first, then a reset"] = new(Resets(Chunked + Chunk("data: {\"error\":{\"message\":\"boom\",\"code\":400}}\n\n")), RequestFailure.BadRequest, 200, "boom"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_that_never_became_a_stream_says_why(string name)
    {
        Row row = Rows[name];
        await using var server = RawServer.Start(row.Script);

        Played played = await Played.RunAsync(server);

        VllmRequestException refused = played.Failure.Should().BeOfType<VllmRequestException>(played.Completion?.Outcome.Explain()).Subject;
        refused.Failure.Should().Be(row.Failure, refused.Message);
        ((int?)refused.StatusCode).Should().Be(row.Status);
        (refused.Message + refused.ResponseBody).Contains(row.Says, StringComparison.Ordinal).Should().BeTrue(refused.Message);
        refused.RetryAfter.Should().Be(row.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        played.Chunks.Should().BeEmpty();
    }

    [Fact]
    public async Task Nobody_listens_there()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = new Uri($"http://{listener.LocalEndpoint}/");
        listener.Stop();

        Func<Task> ask = () => Played.NewAdapter(endpoint).CompleteChatAsync(Played.Request);

        var refused = await ask.Should().ThrowAsync<VllmRequestException>();
        refused.Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
        refused.Which.IsRetryable.Should().BeTrue();
        refused.Which.StatusCode.Should().BeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_is_closed_as_soon_as_it_is_accepted_failed(bool byReset)
    {
        await using var server = RawServer.StartRude(connection =>
        {
            if (byReset)
                connection.Reset();
            else
                connection.Close();

            return Task.CompletedTask;
        });

        Played played = await Played.RunAsync(server);

        played.Failure.Should().BeOfType<VllmRequestException>().Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
    }

    [Fact]
    public async Task An_answer_that_comes_before_the_request_is_read_ends_typed()
    {
        await using var server = RawServer.StartRude(async connection =>
        {
            await connection.SendAsync(Reply("413 Payload Too Large", "Connection: close\r\n", "too large"));
            connection.Close();
        });

        Played played = await Played.RunAsync(server, ChatRequest.FromPrompt(new string('x', 8 * 1024 * 1024)));

        played.Failure.Should().BeOfType<VllmRequestException>()
            .Which.Failure.Should().BeOneOf(RequestFailure.ConnectionFailed, RequestFailure.BadRequest);
    }

    private static RawScript Resets(string bytes) => async connection =>
    {
        await connection.SendAsync(bytes);
        connection.Reset();
    };

    private static RawScript Closes(string bytes) => async connection =>
    {
        await connection.SendAsync(bytes);
        connection.Close();
    };

    private static RawScript Holds(string bytes) => connection => connection.SendAsync(bytes);

    private sealed record Row(RawScript Script, RequestFailure Failure, int? Status = null, string Says = "", int? RetryAfter = null);
}
