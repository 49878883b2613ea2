using System.Text;

namespace VllmAdapter.Testing.Tests.Conformance;

/// <summary>A table that nothing can fail shows nothing: these break what the rows check, and see the rows fail.</summary>
public sealed class BrokenPromisesTests
{
    [Fact]
    public async Task A_judge_that_gives_any_other_verdict_fails_every_row()
    {
        foreach (Scenario scenario in Scenarios.All.Where(row => row.Expected.Verdict is not null))
        {
            ScenarioResult result = await ScenariosTests.InMemoryAsync(scenario);
            foreach (StreamVerdict other in Enum.GetValues<StreamVerdict>().Where(verdict => verdict != scenario.Expected.Verdict))
                Judged(result, outcome => outcome with { Verdict = other }).IsAsExpected.Should().BeFalse($"{scenario.Name} was {other}");
        }
    }

    public static TheoryData<string, Func<StreamOutcome, StreamOutcome>, string> Lies => new()
    {
        { "a call, tool_calls, usage, sentinel", outcome => outcome with { ToolCalls = [] }, "Expected ready calls: get_weather*but they were: none." },
        { "a call, tool_calls, usage, sentinel", outcome => outcome with { ToolCalls = [.. outcome.ToolCalls, .. outcome.ToolCalls] }, "Expected ready calls*" },
        { "a call, tool_calls, usage, sentinel", outcome => outcome with { ToolCalls = [outcome.ToolCalls[0] with { Arguments = "{}" }] }, "Expected ready calls*" },
        { "a tool that nobody declared", outcome => outcome with { ToolCalls = [outcome.ToolCalls[0] with { Problems = [] }] }, "*(with problems); but*" },
        { "a closing brace that was lost", outcome => outcome with { WithheldToolCalls = [] }, "Expected withheld calls: ArgumentsOpen; but they were: none." },
        { "length at max tokens", outcome => outcome with { Limit = LengthLimit.ContextWindow }, "Expected the limit MaxTokens, but it was ContextWindow." },
        { "length at max tokens", outcome => outcome with { Certainty = Certainty.Inferred }, "Expected a verdict that is Declared*" },
        { "length while reasoning", outcome => outcome with { Notes = [] }, "Expected the note AllReasoning, but there was none." },
        { "stop, usage, sentinel", outcome => outcome with { Usage = null }, "Expected a budget of 1000 tokens that is Available, but it was Indeterminate." },
        { "the connection is cut", outcome => outcome with { Usage = new TokenUsage { PromptTokens = 1_200, CompletionTokens = 1 } }, "*Indeterminate, but it was Exhausted." },
        { "two choices in turn, ends at the end", outcome => outcome with { Choices = [outcome.Choices[0]] }, "Expected choices that are Completed, Completed, but they were Completed." },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Every_lie_of_a_judge_is_found(string row, Func<StreamOutcome, StreamOutcome> lie, string deviation)
    {
        ScenarioResult result = await ScenariosTests.InMemoryAsync(Scenarios.All.Single(scenario => scenario.Name == row));

        Judged(result, lie).Deviations.Should().ContainMatch(deviation);
    }

    [Fact]
    public async Task Text_chunks_and_exceptions_are_held_to_what_is_promised()
    {
        ScenarioResult result = await ScenariosTests.InMemoryAsync(Scenarios.All.Single(row => row.Name == "the connection is cut"));

        (result with { Thrown = null }).Deviations.Should().ContainMatch("*throws, but nothing was thrown*");
        (result with { Chunks = [.. result.Chunks.SkipLast(1)] }).Deviations.Should().Contain("The last chunk, and only that, carries the outcome.");
        (result with { Chunks = [.. result.Chunks.Skip(2)] }).Deviations.Should().Contain("The text of the chunks is not the text of the completion.");
        (result with { Answer = result.Answer! with { Choices = [] } }).Deviations.Should().Contain("Expected the text \"Hello.\", but it was \"\".");
        (result with { Answer = null }).Deviations.Should().ContainMatch("Expected Interrupted, but there was no stream*");
    }

    [Fact]
    public async Task A_request_that_should_fail_is_held_to_its_failure()
    {
        ScenarioResult refused = await ScenariosTests.InMemoryAsync(Scenarios.All.Single(row => row.Name == "an empty 500"));
        ScenarioResult limited = await ScenariosTests.InMemoryAsync(Scenarios.All.Single(row => row.Name == "too many requests"));

        (refused with { Thrown = null }).Deviations.Should().Equal("Expected the request to fail (EngineDead), but nothing was thrown.");
        (refused with { Thrown = limited.Thrown }).Deviations.Should().Equal("Expected the failure EngineDead, but it was RateLimited.");
        (refused with { Chunks = [new ChatChunk()] }).Deviations.Should().Equal("Expected no chunk of a request that fails, but 1 came.");
    }

    [Fact]
    public async Task A_handler_that_writes_stop_over_every_finish_reason_fails_the_rows_that_declare_another()
    {
        string[] failed = await FailedRowsAsync(text => System.Text.RegularExpressions.Regex.Replace(text, "\"finish_reason\":\"[a-z_]+\"", "\"finish_reason\":\"stop\""));

        failed.Should().Contain(["length at max tokens", "abort", "repetition", "error as a finish reason", "tool_calls at max tokens, arguments open"]);
        failed.Should().NotContain(["stop, usage, sentinel", "recording: the story: a whole call, usage, no finish reason"]);
    }

    [Fact]
    public async Task A_handler_that_strips_usage_fails_the_rows_that_rest_on_counts()
    {
        string[] failed = await FailedRowsAsync(text => text.Replace("\"usage\":", "\"used\":", StringComparison.Ordinal));

        failed.Should().Contain(["no finish reason at max tokens", "tool_calls at max tokens, arguments closed by the server", "recording: a cut call that looks whole"]);
        failed.Should().NotContain(["length without usage", "the connection is cut"]);
    }

    [Fact]
    public async Task A_handler_that_only_looks_on_fails_nothing() => (await FailedRowsAsync(text => text)).Should().BeEmpty();

    [Fact]
    public async Task A_result_says_what_it_departs_from()
    {
        ScenarioResult result = await ScenariosTests.InMemoryAsync(Scenarios.All.Single(row => row.Name == "length at max tokens"));

        result.Invoking(one => one.EnsureAsExpected()).Should().NotThrow();
        Judged(result, outcome => outcome with { Verdict = StreamVerdict.Completed }).Invoking(one => one.EnsureAsExpected())
            .Should().Throw<OutcomeAssertionException>().WithMessage("length at max tokens (recorded 0.32.0): Completed: *Expected LengthLimited, but it was Completed.*");
    }

    private static ScenarioResult Judged(ScenarioResult result, Func<StreamOutcome, StreamOutcome> judge) =>
        result with { Answer = result.Answer! with { Outcome = judge(result.Answer!.Outcome) } };

    private static async Task<string[]> FailedRowsAsync(Func<string, string> rewrite)
    {
        List<string> failed = [];
        foreach (Scenario scenario in Scenarios.All)
        {
            ScenarioResult result = await scenario.RunAsync(ScenarioTransports.InMemory, inner => new Rewriting(rewrite) { InnerHandler = inner });
            if (!result.IsAsExpected)
                failed.Add(scenario.Name);
        }

        return [.. failed];
    }

    private sealed class Rewriting(Func<string, string> rewrite) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            var rewritten = new StreamContent(new RewritingStream(await response.Content.ReadAsStreamAsync(cancellationToken), rewrite));
            rewritten.Headers.ContentType = response.Content.Headers.ContentType;
            response.Content = rewritten;
            return response;
        }
    }

    /// <summary>Rewrites what each read gives; in memory a read gives whole events, unless the row splits them.</summary>
    private sealed class RewritingStream(Stream inner, Func<string, string> rewrite) : ForwardStream
    {
        private ReadOnlyMemory<byte> _rest;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_rest.IsEmpty)
            {
                byte[] piece = new byte[256 * 1024];
                int read = await inner.ReadAsync(piece, cancellationToken);
                _rest = Encoding.Latin1.GetBytes(rewrite(Encoding.Latin1.GetString(piece, 0, read)));
            }

            int count = Math.Min(buffer.Length, _rest.Length);
            _rest[..count].CopyTo(buffer);
            _rest = _rest[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
