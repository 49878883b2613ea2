using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>The verdict as a trailer over HTTP/1.1, for a client that asks for it.</summary>
public sealed class GuardTrailerTests
{
    private const string Ask = """{"model":"fake-model","stream":true,"max_tokens":22,"messages":[{"role":"user","content":"Hello."}]}""";
    private const string Verdict = "vllm-adapter-verdict";
    private static readonly ScriptedReply Hello = Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done();

    public static TheoryData<string, string> Answers => new()
    {
        { "whole", "completed" },
        { "without a reason", "unconfirmed" },
        { "cut", "length_limited" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_client_that_takes_trailers_gets_the_verdict_behind_the_body(string what, string verdict)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(what switch
        {
            "whole" => Hello,
            "without a reason" => Script.Says("Hello.").Uses(10, 3).Done(),
            _ => Script.Says("Hello.").Uses(10, 22).Done(),
        });
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using HttpClient http = new();

        using HttpResponseMessage response = await http.SendAsync(Asking(guard.Address, Ask));

        response.Version.Should().Be(HttpVersion.Version11);
        response.TrailingHeaders.GetValues(Verdict).Should().Equal(verdict);
        response.Headers.Trailer.Should().Equal(Verdict);
        (await response.Content.ReadAsStringAsync()).Should().Contain("Hello.").And.EndWith("data: [DONE]\n\n");
    }

    [Fact]
    public async Task A_client_that_takes_none_gets_the_same_body_and_none()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Hello);
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using HttpClient http = new();

        using HttpResponseMessage asking = await http.SendAsync(Asking(guard.Address, Ask));
        using HttpResponseMessage silent = await http.SendAsync(AnswerUnderWay.Request(guard.Address, Ask));

        silent.TrailingHeaders.Should().BeEmpty();
        silent.Headers.Contains("Trailer").Should().BeFalse();
        Text(await silent.Content.ReadAsStringAsync()).Should().Be(Text(await asking.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task On_the_wire_each_piece_is_a_chunk_the_last_has_the_trailer_and_the_connection_goes_on()
    {
        var goesOn = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel").WaitsFor(goesOn.Task).Says("lo.").Finishes("stop").Uses(10, 3).Done());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, guard.Address.Port);

        await SendAsync(client);
        (await ReadUntilAsync(client, "\"Hel\"")).Should().Contain("Transfer-Encoding: chunked\r\n").And.NotContain(": completed");
        goesOn.SetResult();
        string first = await ReadUntilAsync(client, "\n\r\n0\r\n", "\r\n\r\n");
        await SendAsync(client);
        string second = await ReadUntilAsync(client, "\n\r\n0\r\n", "\r\n\r\n");

        first.Should().EndWith($"data: [DONE]\n\n\r\n0\r\n{Verdict}: completed\r\n\r\n");
        second.Should().StartWith("HTTP/1.1 200 OK\r\n").And.EndWith($"data: [DONE]\n\n\r\n0\r\n{Verdict}: completed\r\n\r\n");
    }

    [Fact]
    public async Task A_body_that_breaks_off_has_no_last_chunk_and_no_trailer()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel").Cuts());
        await using RunningGuard guard = await RunningGuard.StartAsync(vllm.Endpoint);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, guard.Address.Port);

        await SendAsync(client);
        string read = await ReadUntilAsync(client, "never");

        read.Should().Contain("\"type\":\"interrupted\"").And.NotContain("\r\n0\r\n").And.NotContain($"{Verdict}: ");
    }

    [Theory]
    [InlineData("refused", 400)]
    [InlineData("dead", 502)]
    [InlineData("whole reply", 200)]
    public async Task What_is_no_stream_comes_as_it_does_without(string what, int status)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(what == "refused" ? Script.Refuses(400, "n must be 1.") : Script.Says("Hello.").Finishes("stop").Uses(10, 3));
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["MaxAttempts"] = "1" }, what == "dead" ? new Uri("http://127.0.0.1:1") : vllm.Endpoint);
        using HttpClient http = new();

        using HttpResponseMessage response = await http.SendAsync(Asking(guard.Address, Ask.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal)));

        ((int)response.StatusCode).Should().Be(status);
        response.TrailingHeaders.Should().BeEmpty();
        response.Headers.Contains("Trailer").Should().BeFalse();
        response.Headers.TransferEncodingChunked.Should().BeNull("its length is known");
        response.Headers.Contains(Verdict).Should().Be(status == 200);
        (await response.Content.ReadAsStringAsync()).Should().Contain(status switch { 200 => "Hello.", 400 => "n must be 1.", _ => "\"error\"" });
    }

    private static HttpRequestMessage Asking(Uri guard, string body)
    {
        HttpRequestMessage request = AnswerUnderWay.Request(guard, body);
        request.Headers.TE.ParseAdd("trailers");
        return request;
    }

    private static string Text(string events) => string.Concat(events.Split('\n').Where(static line => line.Contains("\"delta\"", StringComparison.Ordinal))
        .Select(static line => line[line.IndexOf("\"choices\"", StringComparison.Ordinal)..]));

    private static async Task SendAsync(TcpClient client) => await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: guard\r\nTE: gzip;q=0.1, trailers\r\nConnection: TE\r\nContent-Type: application/json\r\nContent-Length: {Ask.Length}\r\n\r\n{Ask}"));

    // Until the words came, one after the other; or the end.
    private static async Task<string> ReadUntilAsync(TcpClient client, string words, string then = "")
    {
        StringBuilder text = new();
        byte[] one = new byte[1];
        int from = -1;
        while ((from < 0 || text.ToString().IndexOf(then, from, StringComparison.Ordinal) < 0) && await client.GetStream().ReadAsync(one).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) > 0)
        {
            text.Append((char)one[0]);
            if (from < 0 && text.ToString().EndsWith(words, StringComparison.Ordinal))
                from = text.Length;
        }

        return text.ToString();
    }
}
