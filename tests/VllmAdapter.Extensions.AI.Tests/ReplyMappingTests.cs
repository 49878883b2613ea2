using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Testing;

namespace VllmAdapter.Extensions.AI.Tests;

public sealed class ReplyMappingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_comes_with_reasoning_usage_reason_ids_and_outcome(bool streaming)
    {
        using var play = new BridgePlay(Script.Reasons("Hm.").Says("Hel", "lo.").Finishes("stop").Uses(10, 5, reasoning: 2).Done());

        ChatResponse response = await AskAsync(play, streaming);

        response.Text.Should().Be("Hello.");
        response.Messages.Should().ContainSingle().Which.Contents.OfType<TextReasoningContent>().Single().Text.Should().Be("Hm.");
        response.FinishReason.Should().Be(ChatFinishReason.Stop);
        (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount, response.Usage.ReasoningTokenCount)
            .Should().Be((10, 5, 15, 2));
        response.ResponseId.Should().StartWith("chatcmpl-");
        response.ModelId.Should().NotBeNullOrEmpty();
        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        if (!streaming)
            response.RawRepresentation.Should().BeOfType<ChatAnswer>().Which.Text.Should().Be("Hello.");
    }

    [Fact]
    public async Task Only_the_last_update_has_the_outcome_and_every_update_its_chunk()
    {
        using var play = new BridgePlay(BridgePlay.Answer);

        List<ChatResponseUpdate> updates = await UpdatesAsync(play);

        updates.Select(update => update.GetStreamOutcome() is not null).Should().Equal(updates.Select(update => update == updates[^1]));
        updates.Should().OnlyContain(update => update.RawRepresentation is ChatChunk);
    }

    [Fact]
    public async Task Arguments_that_nest_deep_are_handed_on()
    {
        string deep = new string('[', 500) + new string(']', 500);
        using var play = new BridgePlay(Script.Calls("get_random_number", $"{{\"seed\": {deep}}}").Finishes("tool_calls").Uses(10, 5).Done());

        ChatResponse response = await AskAsync(play, streaming: true);

        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().ContainSingle()
            .Which.Arguments!["seed"].Should().BeOfType<JsonElement>().Which.GetRawText().Should().Be(deep);
    }

    public static TheoryData<ScriptedReply, string?> Reasons => new()
    {
        { Script.Says("a").Finishes("stop").Uses(10, 5).Done(), "stop" },
        { Script.Says("a").Finishes("length").Uses(10, 100).Done(), "length" },
        { Script.Says("a").Finishes("content_filter").Uses(10, 5).Done(), "content_filter" },
        { Script.Says("a").Finishes("repetition").Uses(10, 5).Done(), "repetition" },
        { Script.Says("a").Uses(10, 5).Done(), "unconfirmed" },
        { Script.Says("a").Uses(10, 100).Done(), "length" },
        { Script.Calls("get_random_number", "{}").Finishes("function_call").Uses(10, 5).Done(), "tool_calls" },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task The_finish_reason_is_the_servers_word_but_for_a_hidden_cut(ScriptedReply script, string? reason)
    {
        using var play = new BridgePlay(script);

        (await AskAsync(play, streaming: true)).FinishReason?.Value.Should().Be(reason);
        (await AskAsync(play, streaming: true)).FinishReason.HasValue.Should().Be(reason is not null);
    }

    public static TheoryData<ScriptedReply, StreamVerdict> Broken => new()
    {
        { Script.Says("Hel").Cuts(), StreamVerdict.Interrupted },
        { Script.Says("Hel").Fails().Done(), StreamVerdict.ServerError },
        { Script.Says("Hel").Finishes("abort").Done(), StreamVerdict.Aborted },
        { Script.Says("Hel").Event("{nonsense"), StreamVerdict.Malformed },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_stream_throws_after_handing_out_what_came_even_where_the_adapter_only_reports(ScriptedReply script, StreamVerdict verdict)
    {
        foreach (IncompleteStreamBehavior choice in new[] { IncompleteStreamBehavior.Throw, IncompleteStreamBehavior.Report })
        {
            using var play = new BridgePlay(new VllmAdapterOptions { OnIncompleteStream = choice }, script);
            List<ChatResponseUpdate> updates = [];

            var streamed = await FluentActions.Awaiting(async () =>
            {
                await foreach (ChatResponseUpdate update in play.Chat.GetStreamingResponseAsync("Hello.", BridgePlay.WithTools))
                    updates.Add(update);
            }).Should().ThrowAsync<IncompleteStreamException>();
            var gathered = await play.Chat.Awaiting(chat => chat.GetResponseAsync("Hello.")).Should().ThrowAsync<IncompleteStreamException>();

            streamed.Which.Outcome.Verdict.Should().Be(verdict);
            gathered.Which.Received.Text.Should().Be("Hel");
            string.Concat(updates).Should().Be("Hel");
            updates[^1].GetStreamOutcome()!.Verdict.Should().Be(verdict);
        }
    }

    [Fact]
    public async Task Further_choices_are_left_out()
    {
        using var play = new BridgePlay(Script.Says("one").Finishes("stop").Choice(1).Says("two").Calls("get_random_number", "{}").Finishes("stop").Uses(10, 5).Done());

        ChatResponse response = await AskAsync(play, streaming: true);

        response.Text.Should().Be("one");
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Should().BeEmpty();
    }

    [Fact]
    public async Task A_response_can_be_stored_as_json()
    {
        using var play = new BridgePlay(BridgePlay.Calling("get_weather", """{"city": """));

        ChatResponse response = await AskAsync(play, streaming: false);

        JsonSerializer.Serialize(response, AIJsonUtilities.DefaultOptions).Should().Contain("unusable_tool_call").And.Contain("vllm.outcome");
    }

    [Fact]
    public void The_client_gives_access_to_adapter_metadata_and_itself()
    {
        using var play = new BridgePlay(new VllmAdapterOptions { Model = "granite" });

        var metadata = play.Chat.GetService<ChatClientMetadata>()!;
        (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId).Should().Be(("vllm", new Uri("http://vllm.test/"), "granite"));
        play.Adapter.AsIChatClient("other").GetService<ChatClientMetadata>()!.DefaultModelId.Should().Be("other");
        play.Chat.GetService<VllmInferenceAdapter>().Should().BeSameAs(play.Adapter);
        play.Chat.GetService<VllmAdapter.Server.VllmServer>().Should().BeSameAs(play.Adapter.Server);
        play.Chat.GetService<IChatClient>().Should().BeSameAs(play.Chat);
        play.Chat.GetService<ChatClientMetadata>("key").Should().BeNull();
        play.Chat.GetService<string>().Should().BeNull();
    }

    [Fact]
    public void The_client_is_registered_next_to_its_adapter()
    {
        using var play = new BridgePlay();
        using var other = new BridgePlay();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton(play.Adapter)
            .AddKeyedSingleton("batch", other.Adapter)
            .AddVllmChatClient("granite")
            .AddKeyedVllmChatClient("batch")
            .BuildServiceProvider();

        services.GetRequiredService<IChatClient>().GetService<VllmInferenceAdapter>().Should().BeSameAs(play.Adapter);
        services.GetRequiredService<IChatClient>().GetService<ChatClientMetadata>()!.DefaultModelId.Should().Be("granite");
        services.GetRequiredKeyedService<IChatClient>("batch").GetService<VllmInferenceAdapter>().Should().BeSameAs(other.Adapter);
    }

    private static Task<ChatResponse> AskAsync(BridgePlay play, bool streaming)
    {
        ChatMessage[] messages = [new(ChatRole.User, "Hello.")];
        return streaming
            ? play.Chat.GetStreamingResponseAsync(messages, BridgePlay.WithTools).ToChatResponseAsync()
            : play.Chat.GetResponseAsync(messages, BridgePlay.WithTools);
    }

    private static async Task<List<ChatResponseUpdate>> UpdatesAsync(BridgePlay play)
    {
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in play.Chat.GetStreamingResponseAsync("Hello."))
            updates.Add(update);

        return updates;
    }
}
