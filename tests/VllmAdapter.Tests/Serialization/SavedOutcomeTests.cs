using System.Text.Json;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Outcomes;

namespace VllmAdapter.Tests.Serialization;

public sealed class SavedOutcomeTests
{
    public static TheoryData<string, ScriptedReply> Replies => new()
    {
        { "whole", Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done() },
        { "reasoning and a call", Script.Reasons("Hm.").Calls("get_weather", """{"city": "Orléans"}""").Finishes("tool_calls").Uses(10, 9).Done() },
        { "half a call, cut", Script.Calls("get_weather", """{"city": "Par""").Finishes("length").Uses(10, 9).Done() },
        { "a word of its own", Script.Says("a").Finishes("eos_token").Done() },
        { "nothing declared", Script.Says("a").Done() },
        { "two choices", Script.Says("a").Finishes("stop").Choice(1).Says("b").Finishes("length").Uses(10, 3).Done() },
        { "a reset", Script.Says("a").CountsEveryChunk(10).Resets() },
        { "an error event", Script.Says("a").Event("""{"error":{"message":"The engine died.","type":"InternalServerError","code":500}}""").Done() },
        { "what is not JSON", Script.Says("a").Event("<html>") },
        { "half a character", Script.Event("""{"id":"1","choices":[{"index":0,"delta":{"content":"a\ud83d"},"finish_reason":"stop\ud83d"}]}""").Done() },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task An_outcome_comes_back_equal_and_explains_itself_alike(string name, ScriptedReply reply)
    {
        using var vllm = FakeVllm.InMemory(reply);
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { OnIncompleteStream = IncompleteStreamBehavior.Report });
        StreamOutcome outcome = (await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hi.") with { Tools = [new ToolDefinition("get_weather", "Weather.", """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""")], MaxTokens = 100 })).Outcome;

        StreamOutcome read = StreamOutcome.Parse(outcome.ToJson());

        read.Should().Be(outcome, name);
        read.Explain().Should().Be(outcome.Explain());
        read.ToJson().Should().Be(outcome.ToJson());
        JsonSerializer.Deserialize<StreamOutcome>(outcome.ToJson()).Should().Be(outcome);
        JsonSerializer.Deserialize<StreamOutcome>(JsonSerializer.Serialize(outcome)).Should().Be(outcome);
        JsonSerializer.Deserialize(outcome.ToJson(), Serialization.SavedConversationTests.SavingContext.Default.StreamOutcome).Should().Be(outcome);
        read.Should().NotBe(outcome with { Evidence = outcome.Evidence with { Events = 99 } });
    }

    [Fact]
    public void An_outcome_of_several_requests_comes_back_with_its_parts()
    {
        StreamOutcome part = Evidence.Of().Says("a").Uses(9, 2).IsCut().Judge();
        StreamOutcome outcome = Evidence.Of().Says("b").Declares("stop").Uses(9, 3).Done().Judge() with { Parts = [part, part], Attempts = 2, Limit = LengthLimit.TokenBudget };

        StreamOutcome.Parse(outcome.ToJson()).Should().Be(outcome);
    }

    [Fact]
    public void Times_come_back_as_they_were()
    {
        StreamOutcome outcome = Evidence.Of().Says("a").Declares("stop").Done()
            .With(seen => seen with { Elapsed = TimeSpan.FromTicks(12_345_678_901), HeadersAt = TimeSpan.FromTicks(1), LastChunkAt = TimeSpan.MaxValue }).Judge();

        StreamOutcome.Parse(outcome.ToJson()).Evidence.Should().Be(outcome.Evidence);
    }

    [Fact]
    public void Fields_of_a_later_version_are_passed_over_and_missing_ones_are_at_their_default()
    {
        StreamOutcome read = StreamOutcome.Parse("""{"verdict":"Completed","future":{"a":1},"evidence":{"future":[],"choices":[{"index":0,"future":1}]}}""");

        (read.Verdict, read.Attempts, read.IsComplete).Should().Be((StreamVerdict.Completed, 1, true));
        read.Evidence.Choices.Single().Declared.Should().BeEmpty();
        read.Evidence.FailedAttempts.Should().BeEmpty();
        read.Evidence.Request.Tools.Should().BeEmpty();
        read.Explain().Should().NotBeEmpty();
        read.ToJson().Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"verdict":"Sublime"}""")]
    [InlineData("""{"verdict":"Completed","choices":7}""")]
    public void What_is_no_outcome_is_refused_with_a_sentence(string json) =>
        FluentActions.Invoking(() => StreamOutcome.Parse(json)).Should().Throw<JsonException>().WithMessage("This is not a saved outcome: *");

    [Fact]
    public void A_text_is_needed() => FluentActions.Invoking(() => StreamOutcome.Parse(null!)).Should().Throw<ArgumentNullException>();
}
