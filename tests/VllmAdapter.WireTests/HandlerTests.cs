using System.Collections.Concurrent;
using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>What the adapter's own HTTP handler does, and what is made of that of a caller's.</summary>
public sealed class HandlerTests
{
    private readonly ConcurrentQueue<string> _requests = new();

    public static TheoryData<string> Redirections =>
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"];

    [Fact]
    public async Task A_cookie_of_one_answer_does_not_go_out_with_the_next_request()
    {
        await using var server = RawServer.Start(AnswersWith("Set-Cookie: route=engine1; Path=/\r\n"));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        await adapter.CompleteChatAsync(Played.Request);
        await adapter.CompleteChatAsync(Played.Request);

        _requests.Should().HaveCount(2).And.NotContain(request => request.Contains("Cookie", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Nothing_is_asked_for_that_would_come_compressed()
    {
        await using var server = RawServer.Start(AnswersWith(""));
        VllmInferenceAdapter adapter = Played.NewAdapter(server.Endpoint);

        await adapter.CompleteChatAsync(Played.Request);
        await adapter.Server.CheckHealthAsync();

        _requests.Should().HaveCount(2).And.OnlyContain(request => request.Contains("Accept-Encoding: identity\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Redirections))]
    public async Task The_adapters_own_client_follows_no_redirect(string status)
    {
        await using var other = RawServer.Start(AnswersWith(""));
        await using var server = RawServer.Start(Redirects(status, other));

        VllmRequestException refused = await RefusedAsync(Played.NewAdapter(server.Endpoint));

        (refused.Failure, refused.IsRetryable, other.Accepted).Should().Be((RequestFailure.UnexpectedContent, false, 0));
    }

    [Theory]
    [MemberData(nameof(Redirections))]
    public async Task What_came_of_a_redirect_that_the_callers_client_followed_is_refused(string status)
    {
        await using var other = RawServer.Start(AnswersWith(""));
        await using var server = RawServer.Start(Redirects(status, other));
        using var http = new HttpClient();

        VllmRequestException refused = await RefusedAsync(
            new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = server.Endpoint, Resilience = { MaxAttempts = 1 } }));

        (refused.Failure, refused.IsRetryable).Should().Be((RequestFailure.UnexpectedContent, false));
        refused.Message.Should().Contain("followed a redirect to " + other.Endpoint).And.Contain("AllowAutoRedirect").And.NotContain("secret");
    }

    [Fact]
    public async Task A_health_check_that_was_led_to_a_sign_in_page_is_no_health()
    {
        await using var server = RawServer.Start(
            connection => connection.SendAsync(Reply("302 Found", "Location: /sign-in\r\n", "")), AnswersWith(""));
        using var http = new HttpClient();
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = server.Endpoint });

        Func<Task> checking = () => adapter.Server.CheckHealthAsync().WaitAsync(RawServer.Guard);

        (await checking.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("/sign-in");
    }

    private static RawScript Redirects(string status, RawServer other) => connection =>
        connection.SendAsync(Reply(status, $"Location: {other.Endpoint}elsewhere?token=secret\r\n", ""));

    private static async Task<VllmRequestException> RefusedAsync(VllmInferenceAdapter adapter)
    {
        Func<Task> asking = () => adapter.CompleteChatAsync(Played.Request).WaitAsync(RawServer.Guard);
        return (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
    }

    private RawScript AnswersWith(string headers) => connection =>
    {
        _requests.Enqueue(connection.Request);
        return connection.SendAsync(Head + headers + "Transfer-Encoding: chunked\r\n\r\n" + Chunks(Says("Hello"), Finishes("stop"), Done) + LastChunk);
    };
}
