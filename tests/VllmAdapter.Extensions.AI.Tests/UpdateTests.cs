using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>What hangs on each update of a streamed answer, and when the first one comes.</summary>
public sealed class UpdateTests
{
    [Fact]
    public async Task Each_update_says_which_reply_it_is_of()
    {
        using var play = new BridgePlay(Answer);

        List<ChatResponseUpdate> updates = await UpdatesAsync(play.Chat);

        updates.Should().OnlyContain(update => update.ResponseId == updates[0].ResponseId && update.ModelId == updates[0].ModelId
            && update.CreatedAt == updates[0].CreatedAt && update.Role == ChatRole.Assistant);
        updates[0].ResponseId.Should().StartWith("chatcmpl-");
        updates[0].ModelId.Should().NotBeNullOrEmpty();
        updates[0].CreatedAt.Should().NotBeNull();
        updates.SkipLast(1).Should().OnlyContain(update => update.MessageId == updates[0].ResponseId);
        (updates[^1].MessageId, updates[^1].Contents.Count, updates[^1].FinishReason).Should().Be((null, 0, ChatFinishReason.Stop));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_has_them_too(bool streaming)
    {
        using var play = new BridgePlay(Answer);

        ChatResponse response = await AskAsync(play.Chat, streaming);

        response.CreatedAt.Should().NotBeNull();
        response.Messages.Should().ContainSingle().Which.MessageId.Should().Be(response.ResponseId).And.NotBeNullOrEmpty();
        response.Messages[0].CreatedAt.Should().Be(response.CreatedAt);
    }

    [Fact]
    public async Task What_the_server_does_not_say_is_missing_but_a_message_always_has_an_id()
    {
        using var play = new BridgePlay(Script.Event("""{"choices":[{"index":0,"delta":{"content":"Hello."},"finish_reason":"stop"}]}""").Done());

        List<ChatResponseUpdate> updates = await UpdatesAsync(play.Chat);

        updates.Should().OnlyContain(update => update.ResponseId == null && update.CreatedAt == null && update.ModelId == null);
        updates.SkipLast(1).Select(update => update.MessageId).Distinct().Should().ContainSingle().Which.Should().NotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e30")]
    [InlineData("99999999999999")]
    [InlineData("\"yesterday\"")]
    public async Task A_time_that_cannot_be_is_none(string created)
    {
        using var play = new BridgePlay(Script.Event($$"""{"created":{{created}},"choices":[{"index":0,"delta":{"content":"Hello."},"finish_reason":"stop"}]}""").Done());

        (await play.Chat.GetResponseAsync("Hello.")).CreatedAt.Should().BeNull();
    }

    // "Let me look that up.Sorry, here it is."
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_corrected_turn_is_a_message_of_its_own(bool streaming)
    {
        using var play = new BridgePlay(
            Script.Says("Let me look that up.").Calls("get_weather", """{"town":"Paris"}""").Finishes("tool_calls").Uses(20, 9).Done(),
            Script.Says("Sorry, here it is.").Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(40, 9).Done(),
            Answer);

        ChatResponse response = await AskAsync(play.Chat, streaming);

        response.Messages.Select(message => message.Text).Should().Equal("Let me look that up.", "Sorry, here it is.");
        response.Messages.Select(message => message.MessageId).Should().OnlyHaveUniqueItems();
        response.Messages[1].Contents.OfType<FunctionCallContent>().Should().ContainSingle();
        StreamOutcome outcome = response.GetStreamOutcome()!;
        outcome.Parts.Should().HaveCount(2);
        (outcome.Usage!.TotalTokens, outcome.Attempts).Should().Be((78, 2));
        outcome.Explain().Should().Contain("used by 2 requests");
    }

    [Theory]
    [InlineData(IncompleteStreamBehavior.Throw)]
    [InlineData(IncompleteStreamBehavior.Report)]
    public async Task What_breaks_after_a_correction_says_what_both_turns_were(IncompleteStreamBehavior behavior)
    {
        using var play = new BridgePlay(new VllmAdapterOptions { OnIncompleteStream = behavior }, Calling("get_weather", "{}"), Script.Says("Sor").Cuts());

        var broken = await FluentActions.Awaiting(() => AskAsync(play.Chat, streaming: true)).Should().ThrowAsync<IncompleteStreamException>();

        broken.Which.Outcome.Parts.Select(part => part.Verdict).Should().Equal(StreamVerdict.Completed, StreamVerdict.Interrupted);
        broken.Which.Received.Text.Should().Be("Sor");
    }

    // Templates such as Gemma's refuse two messages of an assistant in a row.
    [Fact]
    public async Task Before_and_after_a_correction_go_back_as_one_turn()
    {
        using var play = new BridgePlay(
            Script.Says("Let me look that up.").Calls("get_weather", """{"town":"Paris"}""").Finishes("tool_calls").Uses(20, 9).Done(),
            Script.Says("Sorry, here it is.").Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(40, 9).Done(),
            Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("The weather, please.", WithTools);

        play.Messages(2).Should().Equal(
            "user: The weather, please.", "assistant: Let me look that up.\nSorry, here it is.", "tool: Sunny in Paris.");
    }

    [Fact]
    public async Task Two_messages_of_an_assistant_that_are_not_of_one_response_stay_two()
    {
        using var play = new BridgePlay(Answer);

        await play.Chat.GetResponseAsync(
        [
            new ChatMessage(ChatRole.Assistant, "One.") { MessageId = "chatcmpl-1" },
            new ChatMessage(ChatRole.Assistant, "Two.") { MessageId = "chatcmpl-2" },
            new ChatMessage(ChatRole.User, "Three."),
        ]);

        play.Messages(0).Should().Equal("assistant: One.", "assistant: Two.", "user: Three.");
    }

    [Fact]
    public async Task Asked_the_same_again_an_answer_that_begins_otherwise_is_another_message()
    {
        ScriptedReply lost = Script.Says("I will look.").Finishes("tool_calls").Uses(20, 9).Done();
        using var play = new BridgePlay(
            lost, Script.Says("Here it is.").Calls("get_weather", """{"city":"Paris"}""").Finishes("tool_calls").Uses(20, 9).Whole());

        ChatResponse response = await AskAsync(play.Chat, streaming: true);

        response.Messages.Select(message => message.Text).Should().Equal("I will look.", "Here it is.");
    }

    public static TheoryData<ScriptedReply> BrokenBeforeAnything => new()
    {
        Script.Event("""{"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""").Cuts(),
        Script.Calls("get_random_number", """{"a":""").Cuts(),
        Script.Event("""{"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""").Fails().Done(),
    };

    [Theory]
    [MemberData(nameof(BrokenBeforeAnything))]
    public async Task A_stream_that_breaks_before_there_was_anything_to_show_can_go_to_another_server(ScriptedReply broken)
    {
        using var first = new BridgePlay(broken);
        using var second = new BridgePlay(Answer);
        using var chat = new OrderedFailoverChatClient([first.Chat, second.Chat]);

        ChatResponse response = await AskAsync(chat, streaming: true);

        response.Text.Should().Be("It is 4.");
        first.Bodies.Should().ContainSingle();
    }

    [Fact]
    public async Task What_broke_after_words_is_not_asked_of_another_server()
    {
        using var first = new BridgePlay(Script.Says("Hel").Cuts());
        using var second = new BridgePlay(Answer);
        using var chat = new OrderedFailoverChatClient([first.Chat, second.Chat]);

        await FluentActions.Awaiting(() => AskAsync(chat, streaming: true)).Should().ThrowAsync<IncompleteStreamException>();

        second.Bodies.Should().BeEmpty();
    }

    [Fact]
    public async Task What_was_held_back_comes_before_the_first_words()
    {
        using var play = new BridgePlay(Script.Calls("get_random_number", "{}").Says("Hello.").Finishes("tool_calls").Uses(10, 5).Done());

        List<ChatResponseUpdate> updates = await UpdatesAsync(play.Chat);

        updates.Select(update => update.RawRepresentation).OfType<ChatChunk>().SelectMany(chunk => chunk.ToolCallDeltas).Should().NotBeEmpty();
    }

    private static Task<ChatResponse> AskAsync(IChatClient chat, bool streaming) =>
        Invoking.AskAsync(chat, [new ChatMessage(ChatRole.User, "The weather, please.")], WithTools, streaming);

    private static async Task<List<ChatResponseUpdate>> UpdatesAsync(IChatClient chat)
    {
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync("Hello."))
            updates.Add(update);

        return updates;
    }
}
