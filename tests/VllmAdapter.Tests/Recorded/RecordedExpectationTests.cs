using System.Text.Json.Nodes;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Recorded;

/// <summary>The judge of the recordings judges: whatever is expected otherwise than it came is named.</summary>
public sealed class RecordedExpectationTests
{
    private const string Call = "vllm-0.32.0/hermes/tools-one-argument";
    private const string Refusal = "after-reports/context-in-parentheses";

    [Theory]
    [InlineData(Call, "kind", "\"request-refused\"")]
    [InlineData(Call, "kind", "\"unheard-of\"")]
    [InlineData(Call, "verdict", "\"Interrupted\"")]
    [InlineData(Call, "because", "\"inferred: for a reason\"")]
    [InlineData(Call, "finish", """{"0":"stop"}""")]
    [InlineData(Call, "finish", "{}")]
    [InlineData(Call, "text", """{"0":"Hello."}""")]
    [InlineData(Call, "text_any", """["Hello."]""")]
    [InlineData(Call, "reasoning", """{"0":"Hm."}""")]
    [InlineData(Call, "completion_tokens", "9999")]
    [InlineData(Call, "ready_calls", "[]")]
    [InlineData(Call, "ready_calls", """[[0,"get_weather",{"city":"Rome"}]]""")]
    [InlineData(Call, "ready_calls", """[[1,"get_weather",{"city":"Paris"}]]""")]
    [InlineData(Call, "ready_any", """[[],[[0,"get_time",{"city":"Paris"}]]]""")]
    [InlineData(Call, "withheld_calls", "1")]
    [InlineData(Call, "calls_as_sent", "{}")]
    [InlineData(Call, "calls_as_sent", """{"0":[["get_weather","{\"city\": \"Rome\"}"]]}""")]
    [InlineData("vllm-0.32.0/general/history-tool-result", "note_needed", "true")]
    [InlineData(Call, "explain_has", """["no such words"]""")]
    [InlineData(Call, "requests", "1")]
    [InlineData(Refusal, "kind", "\"stream\"")]
    [InlineData(Refusal, "status", "500")]
    [InlineData(Refusal, "failure", "\"BadRequest\"")]
    [InlineData(Refusal, "window", "4096")]
    [InlineData(Refusal, "prompt", "4096")]
    [InlineData(Refusal, "message_has", """["no such words"]""")]
    public async Task What_is_expected_otherwise_is_a_miss(string path, string key, string otherwise)
    {
        (Recording recording, Played played) = await PlayAsync(path);
        JsonObject expect = recording.Expect.DeepClone().AsObject();
        expect[key] = JsonNode.Parse(otherwise);
        Recording expectedOtherwise = recording with { Exchange = recording.Exchange with { Expect = expect } };

        RecordedExpectation.Misses(recording, played.Completion, played.Failure, requests: 2).Should().BeEmpty();
        RecordedExpectation.Misses(expectedOtherwise, played.Completion, played.Failure, requests: 2)
            .Should().NotBeEmpty().And.OnlyContain(miss => miss.StartsWith($"{key}:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_with_a_status_of_its_own_is_not_one_inside_a_200()
    {
        (Recording recording, Played played) = await PlayAsync(Refusal);
        JsonObject expect = recording.Expect.DeepClone().AsObject();
        expect["inside_200"] = true;

        RecordedExpectation.Misses(recording with { Exchange = recording.Exchange with { Expect = expect } }, answer: null, played.Failure)
            .Should().ContainSingle(miss => miss.StartsWith("status:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_note_that_is_forbidden_is_a_miss()
    {
        (Recording recording, Played played) = await PlayAsync(Call);
        OutcomeNote note = new(OutcomeNoteKind.OddFields, "Odd.");
        ChatAnswer noted = played.Completion! with { Outcome = played.Outcome with { Notes = [note] } };
        JsonObject expect = recording.Expect.DeepClone().AsObject();
        expect["note_forbidden"] = "OddFields";

        RecordedExpectation.Misses(recording with { Exchange = recording.Exchange with { Expect = expect } }, noted, failure: null)
            .Should().ContainSingle(miss => miss.StartsWith("note_forbidden:", StringComparison.Ordinal));
    }

    private static async Task<(Recording Recording, Played Played)> PlayAsync(string path)
    {
        Recording recording = Recording.At(path);
        return (recording, await Played.RunAsync(CannedServer.Replaying(recording), recording.Request(), recording.NewOptions()));
    }
}
