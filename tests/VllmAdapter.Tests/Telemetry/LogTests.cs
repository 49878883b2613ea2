using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Telemetry;

public sealed class LogTests
{
    [Theory]
    [InlineData(StreamVerdict.Completed, LogLevel.Debug)]
    [InlineData(StreamVerdict.Unconfirmed, LogLevel.Information)]
    [InlineData(StreamVerdict.LengthLimited, LogLevel.Information)]
    [InlineData(StreamVerdict.StoppedByServer, LogLevel.Information)]
    [InlineData(StreamVerdict.Aborted, LogLevel.Warning)]
    [InlineData(StreamVerdict.Interrupted, LogLevel.Warning)]
    [InlineData(StreamVerdict.Stalled, LogLevel.Warning)]
    [InlineData(StreamVerdict.ServerError, LogLevel.Warning)]
    [InlineData(StreamVerdict.Malformed, LogLevel.Warning)]
    public async Task The_end_of_a_stream_is_logged_the_louder_the_less_of_it_can_be_used(StreamVerdict verdict, LogLevel level)
    {
        using var logs = new CapturedLogs();
        using var call = new ObservedCall(EndingScripts.For(verdict), logs: logs);

        await call.RunAsync();

        CapturedLog ended = logs.Entries.Should().ContainSingle(entry => entry.Event.Id == 200).Subject;
        ended.Level.Should().Be(level);
        ended.Values.Should().ContainEquivalentOf(new KeyValuePair<string, object?>("Verdict", verdict));
    }

    [Fact]
    public async Task The_line_about_the_end_has_the_numbers()
    {
        using var logs = new CapturedLogs(LogLevel.Information);
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("length").Uses(1234, 2).Done(), logs: logs);

        await call.RunAsync(ObservedCall.Question with { Headers = new RequestHeaders { RequestId = "request-1" } });

        logs.Entries.Should().ContainSingle().Which.Text.Should().Be(
            "Stream request-1 ended: LengthLimited (Declared), finish reason length, terminated by sentinel, 5 chunks in 00:00:00, "
            + "1,234 prompt and 2 completion tokens.");
    }

    [Fact]
    public async Task What_the_caller_did_is_no_more_than_a_detail()
    {
        using var logs = new CapturedLogs();
        using var call = new ObservedCall(Script.Says("Hel", "lo").GoesSilent(), logs: logs);

        await foreach (ChatChunk chunk in call.Adapter.StreamChatAsync(ObservedCall.Question))
            break;

        logs.Entries.Should().ContainSingle(entry => entry.Event.Id == 200).Which.Level.Should().Be(LogLevel.Debug);
    }

    [Fact]
    public async Task A_request_is_logged_when_it_is_sent()
    {
        using var logs = new CapturedLogs(LogLevel.Debug);
        using var call = new ObservedCall(EndingScripts.For(StreamVerdict.Completed), logs: logs);

        await call.RunAsync(ObservedCall.Question with { Headers = new RequestHeaders { RequestId = "request-1" } });

        CapturedLog sent = logs.Entries[0];
        (sent.Event.Id, sent.Level, sent.Category).Should().Be((100, LogLevel.Debug, "VllmAdapter.VllmInferenceAdapter"));
        sent.Text.Should().Be($"Request request-1 is sent to https://{call.Server}:8000/v1/chat/completions, model granite.");
    }

    [Fact]
    public async Task A_refusal_is_a_warning_with_its_reason()
    {
        using var logs = new CapturedLogs(LogLevel.Information);
        using var call = new ObservedCall(Script.Refuses(400, "top_k must be -1 or more."), logs: logs);

        await call.RunAsync(ObservedCall.Question with { Headers = new RequestHeaders { RequestId = "request-1" } });

        CapturedLog refused = logs.Entries.Should().ContainSingle().Subject;
        (refused.Event.Id, refused.Level).Should().Be((120, LogLevel.Warning));
        refused.Text.Should().StartWith("Request request-1 never became a stream (BadRequest, attempt 1): ")
            .And.Contain("top_k must be -1 or more.");
    }

    [Fact]
    public async Task Withheld_calls_are_a_warning_with_their_reasons_alone()
    {
        using var logs = new CapturedLogs(LogLevel.Information);
        using var call = new ObservedCall(
            Script.Calls("secret_tool", "{\"secret\":").Finishes("tool_calls").Uses(10, 2).Done(), logs: logs);

        await call.RunAsync(ObservedCall.Question with
        {
            MaxTokens = 100,
            Headers = new RequestHeaders { RequestId = "request-1" },
        });

        CapturedLog withheld = logs.Entries.Should().ContainSingle(entry => entry.Level == LogLevel.Warning).Subject;
        (withheld.Event.Id, withheld.Text).Should().Be((210, "Stream request-1: tool calls withheld: 1 (ArgumentsOpen)."));
    }

    [Fact]
    public async Task A_policy_that_throws_is_an_error()
    {
        using var logs = new CapturedLogs(LogLevel.Information);
        using var call = new ObservedCall(Script.Says("Hel").GoesSilent(), logs: logs);

        await call.RunAsync(ObservedCall.Question with { Termination = new BrokenPolicy() });

        logs.Entries.Should().ContainSingle().Which.Should().Match<CapturedLog>(entry => entry.Event.Id == 130 && entry.Level == LogLevel.Error);
    }

    [Fact]
    public void A_retry_is_a_warning_with_its_reason()
    {
        using var logs = new CapturedLogs(LogLevel.Information);
        var failed = new FailedAttempt { RequestId = "request-1", Reason = "The server's queue is full." };

        new CallTelemetry(ObservedCall.Unsent(logs.ForAdapter())).Retry(failed, attempt: 1, TimeSpan.FromSeconds(2));

        CapturedLog retried = logs.Entries.Should().ContainSingle().Subject;
        (retried.Event.Id, retried.Level).Should().Be((110, LogLevel.Warning));
        retried.Text.Should().Be("Attempt 1, request request-1, failed: The server's queue is full. It will be retried after 2.0 s.");
    }

    [Theory]
    [MemberData(nameof(Telling))]
    public async Task Content_is_logged_at_trace_only_and_the_key_not_at_all(ScriptedReply script, string content)
    {
        using var trace = new CapturedLogs();
        using var debug = new CapturedLogs(LogLevel.Debug);
        foreach (CapturedLogs logs in (CapturedLogs[])[trace, debug])
        {
            using var call = new ObservedCall(script, logs: logs);
            await call.RunAsync(ChatRequest.FromPrompt("secret prompt"));
        }

        debug.Entries.Should().NotBeEmpty();
        debug.Everything.Should().NotContain("secret");
        trace.Entries.Where(entry => entry.Text.Contains("secret", StringComparison.Ordinal))
            .Should().OnlyContain(entry => entry.Level == LogLevel.Trace);
        trace.Everything.Should().Contain("secret prompt").And.Contain(content).And.NotContain("sk-secret");
    }

    public static TheoryData<ScriptedReply, string> Telling => new()
    {
        { Script.Says("secret answer").Finishes("stop").Done(), "secret answer" },
        { Script.Reasons("secret thought").Finishes("stop").Done(), "secret thought" },
        { Script.Calls("secret_tool", "{\"secret\":").Finishes("tool_calls").Done(), "{\"secret\":" },
        { Script.Says("Hel").Fails("secret of the server's, sent with sk-secret"), "Hel" },
        {
            Script.Refuses(400, "[{'type': 'missing', 'loc': ('body', 'model'), 'msg': 'Field required', 'input': 'secret input, sk-secret'}]"),
            "secret input"
        },
    };

    private sealed class BrokenPolicy : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence) => throw new NotSupportedException();
    }
}
