using System.Text.Json.Nodes;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Outcomes;

public sealed class StreamOutcomeTests
{
    private static StreamOutcome Full => Evidence.OfChoices(2)
        .Offering(Offered.GetWeather)
        .Choice(0).Says("Hello").Calls("get_weather", """{"city": "Orléans"}""", id: "call-a").Declares("tool_calls").UsesAtTheEnd(9, 12)
        .Choice(1).Reasons("Hm").Calls("get_weather", """{"city": "Pa""", id: null).Declares("length").StopsAt("7")
        .Capped(200).InWindowOf(2048).Uses(9, 32).Done()
        .With(seen => seen with
        {
            RequestId = "r-1",
            ResponseId = "chatcmpl-r-1",
            Model = "granite",
            HeadersAt = TimeSpan.FromMilliseconds(60),
            FirstChunkAt = TimeSpan.FromSeconds(2),
            LastChunkAt = TimeSpan.FromSeconds(62.5),
            Elapsed = TimeSpan.FromSeconds(63),
            Chunks = 12,
            Events = 13,
            Bytes = 4_321,
            KeepAlives = 1,
            FailedAttempts = [new FailedAttempt { RequestId = "r-0", Reason = "503", Took = TimeSpan.FromMilliseconds(1) }],
        }).Judge();

    [Theory]
    [InlineData("verdict", "LengthLimited")]
    [InlineData("certainty", "Declared")]
    [InlineData("finish_reason", "tool_calls")]
    [InlineData("terminated_by", "sentinel")]
    [InlineData("limit", "Unattributed")]
    [InlineData("is_complete", false)]
    [InlineData("attempts", 2)]
    [InlineData("usage.prompt_tokens", 9)]
    [InlineData("usage.completion_tokens", 32)]
    [InlineData("usage.total_tokens", 41)]
    [InlineData("choices[0].verdict", "Completed")]
    [InlineData("choices[0].completion_tokens", 12)]
    [InlineData("choices[1].index", 1)]
    [InlineData("choices[1].finish_reason", "length")]
    [InlineData("choices[1].limit", "Unattributed")]
    [InlineData("tool_calls[0].id", "call-a")]
    [InlineData("tool_calls[0].id_is_synthetic", false)]
    [InlineData("tool_calls[0].arguments", """{"city": "Orléans"}""")]
    [InlineData("withheld_tool_calls[0].reason", "ChoiceCut")]
    [InlineData("withheld_tool_calls[0].choice_index", 1)]
    [InlineData("withheld_tool_calls[0].raw_arguments", """{"city": "Pa""")]
    [InlineData("notes[0].kind", "Retried")]
    [InlineData("evidence.request.max_tokens", 200)]
    [InlineData("evidence.request.context_window", 2048)]
    [InlineData("evidence.request.choice_count", 2)]
    [InlineData("evidence.request.tools[0].name", "get_weather")]
    [InlineData("evidence.request.tools[0].required_parameters[0]", "city")]
    [InlineData("evidence.request_id", "r-1")]
    [InlineData("evidence.response_id", "chatcmpl-r-1")]
    [InlineData("evidence.model", "granite")]
    [InlineData("evidence.headers_at", 0.06)]
    [InlineData("evidence.first_chunk_at", 2.0)]
    [InlineData("evidence.last_chunk_at", 62.5)]
    [InlineData("evidence.elapsed", 63.0)]
    [InlineData("evidence.silent_for", 0.0)]
    [InlineData("evidence.chunks", 12)]
    [InlineData("evidence.events", 13)]
    [InlineData("evidence.bytes", 4321)]
    [InlineData("evidence.keep_alives", 1)]
    [InlineData("evidence.sentinel_seen", true)]
    [InlineData("evidence.sentinel_text", "[DONE]")]
    [InlineData("evidence.usage_is_final", true)]
    [InlineData("evidence.failed_attempts[0].reason", "503")]
    [InlineData("evidence.failed_attempts[0].took", 0.001)]
    [InlineData("evidence.choices[0].text_length", 5)]
    [InlineData("evidence.choices[0].declared[0]", "tool_calls")]
    [InlineData("evidence.choices[0].is_counted_at_end", true)]
    [InlineData("evidence.choices[1].reasoning_length", 2)]
    [InlineData("evidence.choices[1].stop_reason", "7")]
    [InlineData("evidence.choices[1].tool_calls[0].arguments", """{"city": "Pa""")]
    public void The_json_of_an_outcome_holds_what_it_rests_on(string path, object value) =>
        At(JsonNode.Parse(Full.ToJson())!, path)!.ToJsonString().Should().Be(JsonValue.Create(value)!.ToJsonString());

    [Fact]
    public void The_json_of_an_outcome_is_one_line_without_noise() =>
        Evidence.Of().Says("Hello").Declares("stop").Uses(9, 2).Done().Judge().ToJson().Should().Be("""
            {"verdict":"Completed","certainty":"Declared","finish_reason":"stop","terminated_by":"sentinel",
            "choices":[{"index":0,"verdict":"Completed","certainty":"Declared","finish_reason":"stop","completion_tokens":2}],
            "tool_calls":[],"withheld_tool_calls":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11},"notes":[],
            "evidence":{"request":{"choice_count":1,"prompt_count":1,"requires_call":false,"hides_reasoning":false,"ignores_end_token":false,"skips_special_tokens":false,"tools":[]},
            "sentinel_expected":true,"is_whole_reply":false,"failed_attempts":[],"elapsed":0,"silent_for":0,"bytes":0,"events":0,"chunks":0,"keep_alives":0,
            "sentinel_text":"[DONE]","sentinel_seen":true,"events_after_sentinel":0,"last_event_unterminated":false,
            "usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11},"usage_is_final":true,
            "has_changed_response_id":false,"text_is_lossy":false,"oddities":0,
            "choice_indexes_seen":0,"looks_cumulative":false,"has_unwanted_reasoning":false,
            "choices":[{"index":0,"declared":["stop"],"chunks":0,"text_length":5,"reasoning_length":0,"refusal_length":0,
            "output_bytes":5,"has_other_output":false,"tool_calls":[],
            "is_counted_at_end":false,"has_late_output":false,"reason_was_premature":false}]},"attempts":1,"parts":[],"is_complete":true}
            """.ReplaceLineEndings(""));

    [Fact]
    public async Task The_json_of_an_outcome_never_holds_the_key()
    {
        CannedServer server = CannedServer.Saying("data: [DONE]\n\n");
        Played played = await Played.RunAsync(
            server, ChatRequest.FromPrompt("A secret question."), new VllmAdapterOptions { ApiKey = "sk-very-secret", Model = "granite" });

        played.Outcome.ToJson().Should().NotContain("sk-very-secret").And.NotContain("A secret question.");
    }

    [Fact]
    public void The_names_in_the_json_are_snake_case() =>
        NamesIn(JsonNode.Parse(Full.ToJson())).Should().NotBeEmpty()
            .And.OnlyContain(name => name.All(letter => char.IsAsciiLetterLower(letter) || letter == '_'));

    [Theory]
    [InlineData(StreamVerdict.Completed, false, false, false)]
    [InlineData(StreamVerdict.Unconfirmed, false, true, false)]
    [InlineData(StreamVerdict.LengthLimited, false, false, true)]
    [InlineData(StreamVerdict.StoppedByServer, false, false, true)]
    [InlineData(StreamVerdict.StoppedByPolicy, false, false, true)]
    [InlineData(StreamVerdict.Aborted, true, true, true)]
    [InlineData(StreamVerdict.Interrupted, true, true, true)]
    [InlineData(StreamVerdict.Stalled, true, true, true)]
    [InlineData(StreamVerdict.ServerError, true, true, true)]
    [InlineData(StreamVerdict.Malformed, true, true, true)]
    [InlineData(StreamVerdict.Canceled, false, false, true)]
    [InlineData(StreamVerdict.Abandoned, false, false, true)]
    public void A_verdict_throws_where_it_was_asked_to(StreamVerdict verdict, bool byDefault, bool unlessConfirmed, bool whenCompleteIsDemanded)
    {
        StreamOutcome outcome = new() { Verdict = verdict };

        outcome.Throws(IncompleteStreamBehavior.Throw).Should().Be(byDefault);
        outcome.Throws(IncompleteStreamBehavior.ThrowUnlessConfirmed).Should().Be(unlessConfirmed);
        outcome.Throws(IncompleteStreamBehavior.Report).Should().BeFalse();
        outcome.IsComplete.Should().Be(!whenCompleteIsDemanded);
        Action demand = () => outcome.EnsureComplete().Should().BeSameAs(outcome);
        if (whenCompleteIsDemanded)
            demand.Should().Throw<IncompleteStreamException>().Which.Outcome.Should().BeSameAs(outcome);
        else
            demand.Should().NotThrow();
    }

    private static IEnumerable<string> NamesIn(JsonNode? node) => node switch
    {
        JsonArray array => array.SelectMany(NamesIn),
        JsonObject fields => fields.SelectMany(field => NamesIn(field.Value).Prepend(field.Key)),
        _ => [],
    };

    private static JsonNode? At(JsonNode node, string path)
    {
        JsonNode? at = node;
        foreach (string step in path.Replace("[", ".[", StringComparison.Ordinal).Split('.'))
            at = step[0] == '[' ? at?[int.Parse(step[1..^1])] : at?[step];

        return at;
    }
}
