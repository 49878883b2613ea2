using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Features;

/// <summary>What Microsoft.Extensions.AI shows of a reply: ids, words, reasoning, calls, usage, reasons, and how it ended.</summary>
public sealed class ReplyFeatureTests
{
    private static readonly DateTimeOffset Newer = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Every_update_says_which_response_and_message_it_is_of()
    {
        using var play = new ScriptedChat(Script.Model.Reasons("Hm.").Calls("get_weather", """{"city":"Paris"}"""));

        List<ChatResponseUpdate> updates = await play.Client.GetStreamingResponseAsync("Paris?", new ChatOptions { Tools = [Weather] }).ToListAsync();

        updates.Should().OnlyContain(update =>
            update.ResponseId!.Length > 0 && update.ModelId == "fake-model" && update.CreatedAt > Newer && update.Role == ChatRole.Assistant);
        updates.Select(update => update.ResponseId).Distinct().Should().ContainSingle();
        updates.Where(update => update.Contents.Count > 0).Select(update => update.MessageId).Distinct().Should().ContainSingle()
            .Which.Should().NotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_has_ids_a_model_a_time_and_a_reason(bool isStreamed)
    {
        using var play = new ScriptedChat(Answers);

        ChatResponse response = await play.Client.AskAsync(isStreamed, "Paris?");

        response.ResponseId.Should().NotBeNullOrEmpty();
        response.ModelId.Should().Be("fake-model");
        response.CreatedAt.Should().BeAfter(Newer);
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        response.Messages.Should().ContainSingle().Which.MessageId.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task One_update_the_last_tells_how_the_answer_ended()
    {
        using var play = new ScriptedChat(Answers);

        List<ChatResponseUpdate> updates = await play.Client.GetStreamingResponseAsync("Paris?").ToListAsync();

        updates.Select(update => update.GetStreamOutcome()).OfType<StreamOutcome>().Should().ContainSingle();
        updates[^1].GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        updates[^1].FinishReason.Should().Be(ChatFinishReason.Stop);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Usage_counts_cached_and_reasoning_tokens(bool isStreamed)
    {
        const string Usage = """
            {"prompt_tokens":30,"completion_tokens":12,"total_tokens":42,"prompt_tokens_details":{"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":8}}
            """;
        using var play = new ScriptedChat(
            Script.Says("It is sunny.").Finishes("stop").Event($$"""{"id":"1","choices":[],"usage":{{Usage.Trim()}}}""").Done());

        UsageDetails usage = (await play.Client.AskAsync(isStreamed, "Paris?")).Usage!;

        (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount).Should().Be((30, 12, 42));
        (usage.CachedInputTokenCount, usage.ReasoningTokenCount).Should().Be((16, 8));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Continuous_usage_is_not_added_up(bool isStreamed)
    {
        using var play = new ScriptedChat(Script.Says("It ", "is ", "sunny.").CountsEveryChunk(prompt: 20).Finishes("stop").Uses(20, 3).Done());

        (await play.Client.AskAsync(isStreamed, "Paris?")).Usage!.OutputTokenCount.Should().Be(3);
    }

    public static TheoryData<string, string> Profiles => new() { { nameof(VllmProfile.V0_33), "reasoning" }, { nameof(VllmProfile.V0_11), "reasoning_content" } };

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task Reasoning_is_shown_whatever_the_server_calls_it(string release, string field)
    {
        VllmProfile profile = release == nameof(VllmProfile.V0_33) ? VllmProfile.V0_33 : VllmProfile.V0_11;
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile }, Script.Model.Reasons("Hm.").Says("Sunny."));

        ChatResponse response = await vllm.CreateAdapter().AsIChatClient().GetResponseAsync("Paris?");

        response.Messages[0].Contents.OfType<TextReasoningContent>().Should().ContainSingle(field).Which.Text.Should().Be("Hm.");
        response.Text.Should().Be("Sunny.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_must_not_run_is_an_error_in_words(bool isStreamed)
    {
        using var play = new ScriptedChat(Script.Calls("get_weather", """{"city":"Par""").Finishes("length").Uses(20, 8).Done());

        ChatResponse response = await play.Client.AskAsync(isStreamed, "Paris?", new ChatOptions { Tools = [Weather] });

        ErrorContent error = response.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>().Should().ContainSingle().Which;
        error.ErrorCode.Should().Be(VllmChatClientExtensions.UnusableToolCallErrorCode);
        error.Details.Should().Be("""{"city":"Par""");
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().BeEmpty();
    }

    [Fact]
    public async Task Of_several_choices_the_first_is_shown_and_all_are_in_the_raw_answer()
    {
        using var play = new ScriptedChat(Script.Says("One.").Finishes("stop").Choice(1).Says("Two.").Finishes("stop").Uses(20, 4).Done());

        ChatResponse response = await play.Client.GetResponseAsync(
            "Count.", new ChatOptions { RawRepresentationFactory = _ => new ChatRequest { Messages = [], ChoiceCount = 2 } });

        response.Text.Should().Be("One.");
        response.RawRepresentation.Should().BeOfType<ChatAnswer>().Which.Choices.Select(choice => choice.Text).Should().Equal("One.", "Two.");
    }

    [Fact]
    public async Task Log_probabilities_are_in_the_raw_answer()
    {
        using var play = new ScriptedChat(Answers);

        ChatResponse response = await play.Client.GetResponseAsync(
            "Paris?", new ChatOptions { RawRepresentationFactory = _ => new ChatRequest { Messages = [], Logprobs = new() } });

        response.RawRepresentation.Should().BeOfType<ChatAnswer>().Which.Choices[0].Logprobs.Should().NotBeEmpty();
    }

    [Fact]
    public void Through_a_pipeline_the_client_gives_its_metadata_its_adapter_and_its_server()
    {
        using var play = new ScriptedChat(Answers);

        play.WithFunctions.GetService<ChatClientMetadata>()!.ProviderName.Should().Be("vllm");
        play.WithFunctions.GetService<VllmInferenceAdapter>().Should().BeSameAs(play.Adapter);
        play.WithFunctions.GetService<VllmServer>().Should().NotBeNull();
    }

    [Theory]
    [InlineData("""{"City":"Paris","Degrees":20}""", true)]
    [InlineData("""{"City":"Paris","Degrees":20}""", false)]
    public async Task A_typed_response_is_read(string json, bool hasNativeSchema)
    {
        using var play = new ScriptedChat(Script.Says(json).Finishes("stop").Uses(20, 9).Done());

        ChatResponse<Reading> response = await play.Client.GetResponseAsync<Reading>("Paris?", useJsonSchemaResponseFormat: hasNativeSchema);

        response.Result.Should().Be(new Reading("Paris", 20));
        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Fact]
    public async Task A_typed_response_that_was_cut_is_none()
    {
        using var play = new ScriptedChat(Script.Says("""{"City":"Par""").Finishes("length").Uses(20, 5).Done());

        ChatResponse<Reading> response = await play.Client.GetResponseAsync<Reading>("Paris?");

        response.TryGetResult(out _).Should().BeFalse();
        response.FinishReason.Should().Be(ChatFinishReason.Length);
    }

    private sealed record Reading(string City, int Degrees);
}
