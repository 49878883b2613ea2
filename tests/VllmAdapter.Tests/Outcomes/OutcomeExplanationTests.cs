namespace VllmAdapter.Tests.Outcomes;

public sealed class OutcomeExplanationTests
{
    private const string Weather = """{"city": "Paris"}""";

    private static Evidence Hello => Evidence.Of().Says("Hello").With(seen => seen with { Chunks = 12, Events = 12 });

    private static Evidence WeatherCall => Evidence.Of().Offering(Offered.GetWeather).Calls("get_weather", Weather);

    private static Evidence Two => Evidence.OfChoices(2).Choice(0).Says("a").Declares("stop").Choice(1).Says("b");

    private static Evidence Versioned(Evidence evidence) => evidence.With(seen => seen with { SystemFingerprint = "vllm-0.32.0-d546c035" });

    private static readonly (Evidence Evidence, string Sentence)[] Table =
    [
        (Hello.Declares("stop").Capped(512).Uses(9, 112).Done(), "Completed: the server declared stop; 112 of 512 tokens used."),
        (Hello.Declares("stop").Uses(9, 1).Done(), "Completed: the server declared stop; 1 token used."),
        (Hello.Declares("stop").Uses(9, 12_345).Done(), "Completed: the server declared stop; 12,345 tokens used."),
        (Hello.Declares("stop").Done(), "Completed: the server declared stop."),
        (Hello.Declares("stop").Capped(200).UsesSoFar(9, 5).Done(), "Completed: the server declared stop; at least 5 of 200 tokens used."),
        (Hello.Declares("stop").IsCut(), "Completed: the server declared stop. The connection broke after the finish reason; usage may be missing."),
        (Hello.Declares("stop").EndsInsideAnEvent(), "Completed: the server declared stop. The body ended inside an event after the finish reason; usage may be missing."),
        (Hello.Declares("stop").EndsInOrder(), "Completed: the server declared stop. The body ended after the finish reason without the end marker."),
        (Hello.Declares("stop").StoppedBy(StopCause.FinishReason),
            "Completed: the server declared stop. The end marker did not come after the finish reason; the adapter stopped waiting for it."),
        (WeatherCall.Declares("tool_calls").Capped(200).Uses(285, 22).Done(), "Completed: the server declared tool_calls; 22 of 200 tokens used. 1 tool call ready."),
        (WeatherCall.Calls("get_weather", "{").Declares("stop").Done(), "Completed: the server declared stop. 1 tool call ready, 1 tool call withheld."),
        (Evidence.Of().Calls("a", "{").Calls("b", "{").Declares("stop").Done(), "Completed: the server declared stop. 2 tool calls withheld."),
        (Versioned(Two.Declares("tool_calls").Uses(9, 68)).Done(), "Completed: the server declared stop and tool_calls; 68 tokens used."),
        (Two.Declares("stop").Uses(9, 8).Done(), "Completed: the server declared stop; at least 8 tokens used."), // vLLM 0.8.5 undercounts a sum
        (Hello.Capped(200).Uses(9, 20).Done(),
            "Unconfirmed: the end marker came, but no finish reason; nothing says that the answer is whole and nothing that it was cut; 20 of 200 tokens used."),
        (Hello.EndsInOrder(), "Unconfirmed: the body ended in order, but no finish reason; nothing says that the answer is whole and nothing that it was cut."),
        (Evidence.OfWholeReply().Says("Hello"), "Unconfirmed: the reply came whole, but no finish reason; nothing says that the answer is whole and nothing that it was cut."),
        (Two.Done(), "Unconfirmed: the end marker came, but no finish reason; nothing says that the answer is whole and nothing that it was cut (1 of 2 choices)."),
        (Evidence.Of().Declares("stop").Capped(200).Uses(285, 26).Done(),
            "Unconfirmed: the server declared stop, but output seems to be missing; 26 of 200 tokens used. The server counted 26 tokens but delivered nothing; ask once more without streaming."),
        (Hello.MustCall().Declares("stop").Done(),
            "Unconfirmed: the server declared stop, but output seems to be missing. A tool call was required, but none came; ask once more without streaming."),
        (Hello.Declares("length").Capped(200).Uses(9, 200).Done(), "LengthLimited: the request's own token cap cut the answer; 200 of 200 tokens used."),
        (Hello.Declares("length").Capped(1500).Uses(1811, 237).Done(),
            "LengthLimited: the model's context window cut the answer; 237 of 1,500 tokens used after a prompt of 1,811."),
        (Hello.Declares("length").Done(), "LengthLimited: a token limit cut the answer, and nothing tells which."),
        (Versioned(Two.Declares("length").Uses(9, 10)).Done(), "LengthLimited: a token limit cut the answer, and nothing tells which (1 of 2 choices); 10 tokens used."),
        (Two.UsesSoFar(9, 5).Done(),
            "Unconfirmed: the end marker came, but no finish reason; nothing says that the answer is whole and nothing that it was cut (1 of 2 choices); at least 5 tokens used."),
        (WeatherCall.Declares("tool_calls").Capped(22).Uses(285, 22).Done(),
            "LengthLimited: the request's own token cap cut the answer, although the server declared tool_calls; 22 of 22 tokens used."
            + " The call of get_weather was withheld: its choice was cut by the token limit, and whole JSON does not prove a whole call."),
        (Hello.Capped(5).Uses(9, 5).Done(), "LengthLimited: the request's own token cap cut the answer, and the server did not say so; 5 of 5 tokens used."),
        (Evidence.Of().Thinks("Hm").Declares("length").Capped(5).Uses(9, 5).Done(),
            "LengthLimited: the request's own token cap cut the answer; 5 of 5 tokens used. All tokens went to reasoning and none to an answer."),
        (Hello.Declares("content_filter").Done(), "StoppedByServer: the server ended the answer with \"content_filter\"."),
        (Two.Declares("content_filter").Done(), "StoppedByServer: the server ended the answer with \"content_filter\" (1 of 2 choices)."),
        (Hello.StoppedBy(StopCause.BudgetExhausted), "StoppedByPolicy: the caller's token budget was spent after 12 chunks."),
        (Hello.StoppedBy(new StopCause("seen-enough")), "StoppedByPolicy: the caller's policy stopped the stream after 12 chunks (seen-enough)."),
        (Hello.Declares("abort").Uses(9, 2).Done(), "Aborted: the server gave the request up (abort); 2 tokens used."),
        (Hello.IsCut("The response ended prematurely."), "Interrupted: the connection broke after 12 chunks (The response ended prematurely)."),
        (Hello.EndsInsideAnEvent(), "Interrupted: the body ended inside an event after 12 chunks."),
        (Evidence.OfNothing().EndsInOrder(), "Interrupted: the body ended without a single event."),
        (Evidence.Of().With(seen => seen with { Events = 2 }).Done(), "Interrupted: the body ended without output and without a finish reason."),
        (Two.Choice(1).With(seen => seen with { Events = 2 }).Choice(2).With(seen => seen with { Asked = new AskedFor { Choices = 3 } }).Done(),
            "Interrupted: the body ended without output and without a finish reason (1 of 3 choices)."),
        (Evidence.Of().Calls("get_weather", """{"city": "Pa""").With(seen => seen with { Events = 2 }).Done(),
            "Interrupted: the body ended in the middle of a tool call and without a finish reason. The call of get_weather was withheld: its choice did not finish."),
        (Hello.With(seen => seen with { SilentFor = TimeSpan.FromSeconds(30) }).StoppedBy(StopCause.IdleTimeout),
            "Stalled: no chunk for 30.0 s after 12 chunks (idle timeout). A server that was told to stop leaves its streams open and silent: ask another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Hello.With(seen => seen with { SilentFor = TimeSpan.FromSeconds(30), KeepAlives = 2 }).StoppedBy(StopCause.IdleTimeout),
            "Stalled: no chunk for 30.0 s, only 2 keep-alives after 12 chunks (idle timeout). A server that was told to stop leaves its streams open and silent: ask another one, or raise TimeLimits.BetweenChunks (Termination.OnSilence)."),
        (Evidence.OfNothing().With(seen => seen with { SilentFor = TimeSpan.FromMinutes(5) }).StoppedBy(StopCause.FirstChunkTimeout),
            "Stalled: no chunk within 300.0 s (first chunk timeout). The server may be queueing or loading: see its load, or raise TimeLimits.FirstChunk (Termination.OnSilence)."),
        (Hello.With(seen => seen with { Elapsed = TimeSpan.FromSeconds(60.25) }).StoppedBy(StopCause.Deadline),
            "Stalled: the deadline was over after 60.3 s and 12 chunks. Raise TimeLimits.Total (Termination.After), or ask for less."),
        (Hello.Fails("EngineCore encountered an issue.").Done(), "ServerError: the server reported an error 500 after 12 chunks: EngineCore encountered an issue."),
        (Hello.With(seen => seen with { Error = new ServerError() }), "ServerError: the server reported an error after 12 chunks, without a message."),
        (Hello.ChoiceFails("upstream timed out").Done(), "ServerError: the server reported an error after 12 chunks: upstream timed out."),
        (Hello.Declares("error").Done(), "ServerError: the server declared error after 12 chunks."),
        (Hello.IsGarbled("an event holds something other than a JSON object"),
            "Malformed: the body cannot be read as a chat stream after 12 chunks: an event holds something other than a JSON object."),
        (Hello.StoppedBy(StopCause.CallerCancelled), "Cancelled: the caller cancelled after 12 chunks."),
        (WeatherCall.With(seen => seen with { Chunks = 1 }).StoppedBy(StopCause.ConsumerLeft),
            "Abandoned: the consumer left the loop after 1 chunk. The call of get_weather was withheld: the stream broke off before its end."),
    ];

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
