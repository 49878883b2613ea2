namespace VllmAdapter.Tests.Outcomes;

public sealed class OutcomeExplanationTests
{
    // As many letters as any row counts tokens.
    private static readonly string LongEnough = new('o', 20_000);

    private const string Weather = """{"city": "Paris"}""";

    private static Evidence Hello => Evidence.Of().Says(LongEnough).With(seen => seen with { Chunks = 12, Events = 12 });

    private static Evidence WeatherCall => Evidence.Of().Offering(Offered.GetWeather).Calls("get_weather", Weather);

    private static Evidence Two => Evidence.OfChoices(2).Choice(0).Says("aaaa").Declares("stop").Choice(1).Says("bbbb");

    private static readonly (Evidence Evidence, string Sentence)[] Table =
    [
        (Hello.Declares("stop").Capped(512).Uses(9, 112).Done(), "Completed: the server declared stop; 112 of 512 tokens used."),
        (Hello.Declares("stop").Uses(9, 1).Done(), "Completed: the server declared stop; 1 token used."),
        (Hello.Declares("stop").Uses(9, 12_345).Done(), "Completed: the server declared stop; 12,345 tokens used."),
        (Hello.Declares("stop").Done(), "Completed: the server declared stop."),
        (Hello.Declares("stop").Capped(200).UsesSoFar(9, 5).Done(), "Completed: the server declared stop; at least 5 of 200 tokens used."),
        (Hello.Declares("stop").IsCut(), "Completed: the server declared stop. The connection broke after the finish reason; usage may be missing."),
        (Hello.Declares("stop").EndsInsideAnEvent(), "Completed: the server declared stop. The body ended inside an event after the finish reason; usage may be missing."),
        (Hello.Declares("stop").EndsInOrder(), "Completed: the server declared stop. The body ended after the finish reason without the sentinel."),
        (Hello.Declares("stop").TerminatedBy(TerminationCause.FinishReason),
            "Completed: the server declared stop. The sentinel did not come after the finish reason; the adapter stopped waiting for it."),
        (WeatherCall.Declares("tool_calls").Capped(200).Uses(285, 22).Done(), "Completed: the server declared tool_calls; 22 of 200 tokens used. 1 tool call ready."),
        (WeatherCall.Calls("get_weather", "{").Declares("stop").Done(), "Completed: the server declared stop. 1 tool call ready, 1 tool call withheld."),
        (Evidence.Of().Calls("a", "{").Calls("b", "{").Declares("stop").Done(), "Completed: the server declared stop. 2 tool calls withheld."),
        (Two.Versioned().Declares("tool_calls").Uses(9, 68).Done(), "Completed: the server declared stop and tool_calls; 68 tokens used."),
        (Two.Declares("stop").Uses(9, 8).Done(), "Completed: the server declared stop; at least 8 tokens used."), // vLLM 0.8.5 undercounts a sum
        (Hello.Capped(200).Uses(9, 20).Done(),
            "Unconfirmed: the sentinel came, but no finish reason; nothing says whether the answer is complete or was cut; 20 of 200 tokens used."),
        (Hello.MarksNoEnd().EndsInOrder(),
            "Unconfirmed: the body ended in order, but no finish reason; nothing says whether the answer is complete or was cut."),
        (Hello.EndsInOrder(),
            "Interrupted: the body ended in order after 12 chunks, but neither a finish reason nor the sentinel came; vLLM always sends it, so something on the way closed a cut stream."),
        (Two.With(seen => seen with { Chunks = 4, Events = 4 }).EndsInOrder(),
            "Interrupted: the body ended in order after 4 chunks, but neither a finish reason nor the sentinel came; vLLM always sends it, so something on the way closed a cut stream (1 of 2 choices)."),
        (Hello.SilentFor(60).EndsInOrder(),
            "Interrupted: the body ended in order after 12 chunks, but neither a finish reason nor the sentinel came; vLLM always sends it, so something on the way closed a cut stream"
            + ", after 60.0 s of silence; probably the idle timeout of a proxy on the way."),
        (Hello.SilentFor(60).IsCut("The response ended prematurely."),
            "Interrupted: the connection broke after 12 chunks (The response ended prematurely), after 60.0 s of silence; probably the idle timeout of a proxy on the way."),
        (Hello.SilentFor(1).IsCut("The response ended prematurely."), "Interrupted: the connection broke after 12 chunks (The response ended prematurely)."),
        (Hello.SilentFor(30).EndsInsideAnEvent(),
            "Interrupted: the body ended inside an event after 12 chunks, after 30.0 s of silence; probably the idle timeout of a proxy on the way."),
        (Evidence.OfNothing().SilentFor(30).EndsInOrder(),
            "Interrupted: the body ended without a single event, after 30.0 s of silence; probably the idle timeout of a proxy on the way."),
        (Evidence.OfWholeReply().Says("Hello"), "Unconfirmed: the reply came whole, but no finish reason; nothing says whether the answer is complete or was cut."),
        (Two.Done(), "Unconfirmed: the sentinel came, but no finish reason; nothing says whether the answer is complete or was cut (1 of 2 choices)."),
        (Evidence.Of().Declares("stop").Capped(200).Uses(285, 26).Done(),
            "Unconfirmed: the server declared stop, but output seems to be missing; 26 of 200 tokens used. The server counted 26 tokens but delivered nothing; ask once more without streaming."),
        (Hello.MustCall().Declares("stop").Done(),
            "Unconfirmed: the server declared stop, but output seems to be missing. A tool call was required, but none came; ask once more without streaming."),
        (Hello.Declares("length").Capped(200).Uses(9, 200).Done(), "LengthLimited: the request's max tokens cut the answer; 200 of 200 tokens used."),
        (Evidence.Of().Says("\n\n").Declares("stop").Capped(200).Uses(285, 88).Done(),
            "Unconfirmed: the server declared stop, but output seems to be missing; 88 of 200 tokens used. The server counted 88 tokens but delivered 2 bytes, fewer than they spell; ask once more without streaming."),
        (Hello.Capped(200).Uses(5, 19_503).Done(),
            "Unconfirmed: the sentinel came, but no finish reason; nothing says whether the answer is complete or was cut; 19,503 tokens counted, more than the 200 allowed."),
        (Evidence.Of().Reasons("Hmmm.").Declares("stop").Capped(200).Uses(5, 6).Done(),
            "Completed: the server declared stop; 6 of 200 tokens used. The model ended after its reasoning, so there is no answer."),
        (Evidence.Of().Declines("I can't help.").Declares("stop").Capped(200).Uses(5, 9).Done(),
            "Completed: the server declared stop; 9 of 200 tokens used. The model declined to answer; what it said is in Refusal."),
        (Hello.Declares("length").Capped(5).InWindowOf(2048).Uses(20, 4).Done(),
            "LengthLimited: the server's own limit cut the answer (its --override-generation-config, the model's max_new_tokens, or a gateway's); 4 of 5 tokens used."),
        (Hello.Declares("length").Capped(1500).Uses(1811, 237).Done(),
            "LengthLimited: a token limit cut the answer, and nothing says which one; 237 of 1,500 tokens used."),
        (Hello.Declares("length").Capped(1500).InWindowOf(2048).Uses(1811, 237).Done(),
            "LengthLimited: the model's context window cut the answer; 237 of 1,500 tokens used after a prompt of 1,811."),
        (Hello.Declares("length").Done(), "LengthLimited: a token limit cut the answer, and nothing says which one."),
        (Two.Versioned().Declares("length").Uses(9, 10).Done(), "LengthLimited: a token limit cut the answer, and nothing says which one (1 of 2 choices); 10 tokens used."),
        (Two.UsesSoFar(9, 5).Done(),
            "Unconfirmed: the sentinel came, but no finish reason; nothing says whether the answer is complete or was cut (1 of 2 choices); at least 5 tokens used."),
        (WeatherCall.Declares("tool_calls").Capped(22).Uses(285, 22).Done(),
            "LengthLimited: the request's max tokens cut the answer, although the server declared tool_calls; 22 of 22 tokens used."
            + " The call of get_weather was withheld: its choice was cut by the token limit, and complete JSON does not prove a complete call."),
        (Hello.Capped(5).Uses(9, 5).Done(), "LengthLimited: the request's max tokens cut the answer, and the server did not say so; 5 of 5 tokens used."),
        (Evidence.Of().Reasons("Hm").Declares("length").Capped(5).Uses(9, 5).Done(),
            "LengthLimited: the request's max tokens cut the answer; 5 of 5 tokens used. All tokens went to reasoning and none to an answer."),
        (Hello.Declares("content_filter").Done(), "StoppedByServer: the server ended the answer with \"content_filter\"."),
        (Two.Declares("content_filter").Done(), "StoppedByServer: the server ended the answer with \"content_filter\" (1 of 2 choices)."),
        (Hello.TerminatedBy(TerminationCause.BudgetExhausted), "StoppedByPolicy: the caller's token budget was spent after 12 chunks."),
        (Hello.TerminatedBy(new TerminationCause("seen-enough")), "StoppedByPolicy: the caller's policy stopped the stream after 12 chunks (seen-enough)."),
        (Hello.Declares("abort").Uses(9, 2).Done(), "Aborted: the server gave up on the request (abort); 2 tokens used."),
        (Hello.IsCut("The response ended prematurely."), "Interrupted: the connection broke after 12 chunks (The response ended prematurely)."),
        (Hello.EndsInsideAnEvent(), "Interrupted: the body ended inside an event after 12 chunks."),
        (Evidence.OfNothing().EndsInOrder(), "Interrupted: the body ended without a single event."),
        (Evidence.Of().With(seen => seen with { Events = 2 }).Done(), "Interrupted: the body ended without output and without a finish reason."),
        (Two.Choice(1).With(seen => seen with { Events = 2 }).Choice(2).With(seen => seen with { Request = new RequestEvidence { ChoiceCount = 3 } }).Done(),
            "Interrupted: the body ended without output and without a finish reason (1 of 3 choices)."),
        (Evidence.Of().Calls("get_weather", """{"city": "Pa""").With(seen => seen with { Events = 2 }).Done(),
            "Interrupted: the body ended in the middle of a tool call and without a finish reason. The call of get_weather was withheld: its choice did not finish."),
        (Hello.With(seen => seen with { SilentFor = TimeSpan.FromSeconds(30) }).TerminatedBy(TerminationCause.IdleTimeout),
            "Stalled: no chunk for 30.0 s after 12 chunks (idle timeout). A server that is shutting down leaves its streams open and silent: use another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Hello.With(seen => seen with { SilentFor = TimeSpan.FromSeconds(30), KeepAlives = 2 }).TerminatedBy(TerminationCause.IdleTimeout),
            "Stalled: no chunk for 30.0 s, only 2 keep-alives after 12 chunks (idle timeout). A server that is shutting down leaves its streams open and silent: use another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Hello.With(seen => seen with { SilentFor = TimeSpan.FromSeconds(30), Elapsed = TimeSpan.FromSeconds(60), LastChunkAt = TimeSpan.FromSeconds(59) })
            .TerminatedBy(TerminationCause.IdleTimeout),
            "Stalled: no progress in any chunk for 30.0 s after 12 chunks (idle timeout). A server that is shutting down leaves its streams open and silent: use another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Hello.With(seen => seen with { SilentFor = TimeSpan.FromSeconds(30), Elapsed = TimeSpan.FromSeconds(60), LastChunkAt = TimeSpan.FromSeconds(30) })
            .TerminatedBy(TerminationCause.IdleTimeout),
            "Stalled: no chunk for 30.0 s after 12 chunks (idle timeout). A server that is shutting down leaves its streams open and silent: use another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Hello.TerminatedBy(TerminationCause.IdleTimeout),
            "Stalled: no chunk in time after 12 chunks (idle timeout). A server that is shutting down leaves its streams open and silent: use another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Evidence.OfNothing().TerminatedBy(TerminationCause.FirstChunkTimeout),
            "Stalled: no chunk in time (first chunk timeout). The server may be queueing or loading: see its load, or raise TimeLimits.FirstChunk (Termination.OnSilence)."),
        (Evidence.OfNothing().With(seen => seen with { SilentFor = TimeSpan.FromMinutes(5) }).TerminatedBy(TerminationCause.FirstChunkTimeout),
            "Stalled: no chunk within 300.0 s (first chunk timeout). The server may be queueing or loading: see its load, or raise TimeLimits.FirstChunk (Termination.OnSilence)."),
        (Hello.With(seen => seen with { Elapsed = TimeSpan.FromSeconds(60.25) }).TerminatedBy(TerminationCause.Deadline),
            "Stalled: the deadline passed after 60.3 s and 12 chunks. Raise TimeLimits.Total (Termination.After), or ask for less."),
        (Hello.Fails("EngineCore encountered an issue.").Done(), "ServerError: the server reported an error 500 after 12 chunks: EngineCore encountered an issue."),
        (Hello.With(seen => seen with { Error = new ServerError() }), "ServerError: the server reported an error after 12 chunks, without a message."),
        (Hello.ChoiceFails("upstream timed out").Done(), "ServerError: the server reported an error after 12 chunks: upstream timed out."),
        (Hello.Declares("error").Done(), "ServerError: the server declared error after 12 chunks."),
        (Hello.IsGarbled("an event holds something other than a JSON object"),
            "Malformed: the body cannot be read as a chat stream after 12 chunks: an event holds something other than a JSON object."),
        (Hello.IsGarbled("the body ends in text that is no event").With(seen => seen with { UnreadText = "Internal Server Error\n" }),
            "Malformed: the body cannot be read as a chat stream after 12 chunks: the body ends in text that is no event (\"Internal Server Error\")."),
        (Hello.IsGarbled("an event is not JSON").With(seen => seen with { UnreadText = "{\"choices\":[{\"delta\":{\"content\":\"what the model wrote" }),
            "Malformed: the body cannot be read as a chat stream after 12 chunks: an event is not JSON."),
        (Hello.TerminatedBy(TerminationCause.CallerCanceled), "Canceled: the caller canceled after 12 chunks."),
        (WeatherCall.With(seen => seen with { Chunks = 1 }).TerminatedBy(TerminationCause.ConsumerLeft),
            "Abandoned: the consumer left the loop after 1 chunk. The call of get_weather was withheld: the stream broke off before its end."),
    ];

    private static readonly string Foreign = "first\nsecond\u001b[31m" + new string('x', 100_000);

    private static readonly Dictionary<string, Evidence> Quoting = new(StringComparer.Ordinal)
    {
        ["a finish reason"] = Hello.Declares(Foreign).Done(),
        ["a finish reason beside another"] = Hello.Declares("stop", Foreign).Done(),
        ["finish reasons without number"] = Hello.Declares([.. Enumerable.Range(0, 10_000).Select(number => $"{number}")]).Done(),
        ["an error's message"] = Hello.Fails(Foreign),
        ["an error's code"] = Hello.With(seen => seen with { Error = new ServerError { Code = Foreign } }),
        ["an error of a choice"] = Hello.ChoiceFails(Foreign),
        ["a tool's name"] = Evidence.Of().Calls(Foreign, "{").Declares("stop").Done(),
        ["a tool's name in the text"] = Evidence.Of().WritesACallOf(Foreign).Declares("stop").Done(),
        ["a stop string"] = Evidence.Of().Reasons("Hm.").Declares("stop").StopsAt(Foreign).Done(),
        ["a broken connection"] = Hello.IsCut(Foreign),
        ["what was no event"] = Hello.IsGarbled(Foreign).With(seen => seen with { UnreadText = Foreign }),
        ["a policy's cause"] = Hello.TerminatedBy(new TerminationCause(Foreign)),
    };

    public static TheoryData<string> Quoted => [.. Quoting.Keys];

    [Theory]
    [MemberData(nameof(Quoted))]
    public void What_a_server_wrote_is_quoted_on_one_line_and_cut(string what)
    {
        StreamOutcome outcome = Quoting[what].Judge();

        foreach (string sentence in (string[])[outcome.Explain(), .. outcome.Notes.Select(note => note.Text), .. outcome.WithheldToolCalls.Select(call => call.Explain())])
            sentence.Should().Match(text => text.Length < 1_000 && !text.Any(char.IsControl));
    }

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Table.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void An_outcome_explains_itself(int row)
    {
        StreamOutcome outcome = Table[row].Evidence.Judge();

        outcome.Explain().Should().Be(Table[row].Sentence);
        outcome.ToString().Should().Be(Table[row].Sentence);
    }

    [Fact]
    public void Every_verdict_has_its_sentence() =>
        Table.Select(row => row.Evidence.Judge().Verdict).Distinct().Should().BeEquivalentTo(Enum.GetValues<StreamVerdict>());

    [Fact]
    public void An_outcome_that_nobody_judged_says_so() => new StreamOutcome().Explain().Should().Be("0: nothing was judged.");
}
