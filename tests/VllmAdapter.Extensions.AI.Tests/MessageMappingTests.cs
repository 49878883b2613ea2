using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI.Tests;

public sealed class MessageMappingTests
{
    public static TheoryData<ChatMessage, string> Messages => new()
    {
        { new(ChatRole.System, "Be brief."), """[{"role":"system","content":"Be brief."}]""" },
        { new(new ChatRole("developer"), "Be brief."), """[{"role":"developer","content":"Be brief."}]""" },
        { new(ChatRole.User, "Hello.") { AuthorName = "Ann" }, """[{"role":"user","content":"Hello.","name":"Ann"}]""" },
        { new(ChatRole.User, [new TextContent("Read this."), new TextContent("And this.")]), """[{"role":"user","content":[{"type":"text","text":"Read this."},{"type":"text","text":"And this."}]}]""" },
        { new(ChatRole.System, [new TextContent("You are nice."), new TextContent("Really nice.")]), """[{"role":"system","content":"You are nice.\nReally nice."}]""" },
        { new(ChatRole.User, []), "[]" },
        { new(ChatRole.User, [new TextContent(""), new ErrorContent("oops"), new UsageContent(new())]), "[]" },
        {
            new(ChatRole.User, [new TextContent("See:"), new DataContent(new byte[] { 1, 2 }, "image/png")]),
            """[{"role":"user","content":[{"type":"text","text":"See:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}]}]"""
        },
        {
            new(ChatRole.User, [new UriContent("https://x.test/a.png", "image/png") { AdditionalProperties = new() { ["detail"] = "low" } }]),
            """[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.test/a.png","detail":"low"}}]}]"""
        },
        {
            new(ChatRole.User, [new DataContent(new byte[] { 1, 2 }, "audio/mpeg"), new UriContent("https://x.test/a.wav", "audio/wav")]),
            """
            [{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AQI=","format":"mp3"}},
                {"type":"audio_url","audio_url":{"url":"https://x.test/a.wav"}}]}]
            """
        },
        {
            new(ChatRole.User, [new UriContent("https://x.test/a.mp4", "video/mp4")]),
            """[{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://x.test/a.mp4"}}]}]"""
        },
        {
            new(ChatRole.Assistant, [new TextReasoningContent("Hm."), new TextContent("Hello."), new ErrorContent("oops")]),
            """[{"role":"assistant","content":"Hello.","reasoning":"Hm."}]"""
        },
        { new(ChatRole.Assistant, [new TextContent("Hel"), new TextContent("lo.")]), """[{"role":"assistant","content":"Hello."}]""" },

        // A turn that left nothing, so that no two messages of the user stand in a row: templates such as Mistral's refuse them.
        { new(ChatRole.Assistant, [new ErrorContent("oops")]), """[{"role":"assistant","content":""}]""" },
        { new(ChatRole.Assistant, []), """[{"role":"assistant","content":""}]""" },
        { new(ChatRole.Assistant, [new TextReasoningContent("Hm.")]), """[{"role":"assistant","content":"","reasoning":"Hm."}]""" },
        { new(ChatRole.Assistant, [new FunctionCallContent("a", "f")]), """[{"role":"assistant","content":""}]""" },
        {
            new(ChatRole.Assistant, [new ErrorContent("I can't help.") { ErrorCode = VllmChatClientExtensions.RefusalErrorCode }]),
            """[{"role":"assistant","content":"I can't help."}]"""
        },

        // What has a message of our own behind it goes as that.
        { new(ChatRole.User, "Hello.") { RawRepresentation = VllmMessage.User(ContentPart.Raw(new JsonObject { ["type"] = "x" })) }, """[{"role":"user","content":[{"type":"x"}]}]""" },
        { new(ChatRole.System, "Be brief.") { AuthorName = "Ann" }, """[{"role":"system","content":"Be brief.","name":"Ann"}]""" },

        // Another provider ran the call within its own turn.
        {
            new(ChatRole.Assistant, [new TextContent("I looked."), new FunctionCallContent("a", "f"), new FunctionResultContent("a", "x")]),
            """
            [{"role":"assistant","content":"I looked.","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"a","content":"x"}]
            """
        },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_message_becomes_what_vllm_takes(ChatMessage message, string expected)
    {
        JsonArray sent = await SentAsync(message, new ChatMessage(ChatRole.User, "End."));
        sent.RemoveAt(sent.Count - 1);

        JsonNode.DeepEquals(sent, JsonNode.Parse(expected)).Should().BeTrue(sent.ToJsonString());
    }

    public static TheoryData<object?, string> Results => new()
    {
        { "Sunny.", "Sunny." },
        { null, "null" },
        { 4, "4" },
        { new Dictionary<string, object?> { ["a"] = 1 }, """{"a":1}""" },
        { JsonNode.Parse("\"Sunny.\""), "Sunny." },
        { new TextContent("Sunny."), "Sunny." },
        { new AIContent[] { new TextContent("Sun"), new TextContent("ny.") }, "Sunny." },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public async Task A_call_and_its_result_go_back(object? result, string text)
    {
        JsonArray sent = await SentAsync(
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("a", "get_weather", new Dictionary<string, object?> { ["city"] = "Paris" })]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("a", result)]));

        sent[0]!["tool_calls"]!.ToJsonString().Should().Be(
            """[{"id":"a","type":"function","function":{"name":"get_weather","arguments":"{\u0022city\u0022:\u0022Paris\u0022}"}}]""");
        sent[1]!["content"]!.GetValue<string>().Should().Be(text);
    }

    // agent-framework#1569: as text, an image is 40,000 characters and means nothing to the model.
    public static TheoryData<object, string> Shown => new()
    {
        { new DataContent(new byte[] { 1, 2 }, "image/png"), """[{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}]""" },
        { new UriContent("https://x.test/a.png", "image/png"), """[{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]""" },
        {
            new AIContent[] { new TextContent("See:"), new DataContent(new byte[] { 1, 2 }, "image/png"), new UsageContent(new()) },
            """[{"type":"text","text":"See:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}]"""
        },
        {
            new List<AIContent> { new DataContent(new byte[] { 1, 2 }, "audio/wav") },
            """[{"type":"input_audio","input_audio":{"data":"AQI=","format":"wav"}}]"""
        },
    };

    [Theory]
    [MemberData(nameof(Shown))]
    public async Task What_a_tool_shows_goes_back_as_parts(object result, string parts)
    {
        JsonArray sent = await SentAsync(
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("a", "look")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("a", result)]));

        JsonNode.DeepEquals(sent[1]!["content"], JsonNode.Parse(parts)).Should().BeTrue(sent[1]!.ToJsonString());
    }

    // vscode#336694, vercel/ai#16972: the model answered as if nothing had been attached.
    public static TheoryData<ChatMessage, string> Lost => new()
    {
        { new(ChatRole.User, [new TextContent("Read this."), new DataContent(new byte[] { 1 }, "application/pdf") { Name = "cv.pdf" }]), "A user's message holds application/pdf (cv.pdf)*" },
        { new(ChatRole.User, [new DataContent(new byte[] { 1 }, "text/plain")]), "A user's message holds text/plain*" },
        { new(ChatRole.User, [new UriContent("https://x.test/a.pdf", "application/pdf")]), "A user's message holds application/pdf behind a URL*" },
        { new(ChatRole.User, [new HostedFileContent("file-1")]), "A user's message holds the hosted file file-1*" },
        { new(ChatRole.User, [new HostedVectorStoreContent("store-1")]), "A user's message holds a HostedVectorStoreContent*" },
        { new(ChatRole.System, [new TextContent("As here."), new DataContent(new byte[] { 1 }, "image/png")]), "A message of the role 'system' holds image/png*" },
        { new(ChatRole.Assistant, [new TextContent("Here."), new DataContent(new byte[] { 1 }, "image/png")]), "A message of the role 'assistant' holds image/png*" },
        { new(ChatRole.User, [new OtherContent()]), "A user's message holds a OtherContent*" },
        { new(ChatRole.Assistant, [new OtherContent()]), "A message of the role 'assistant' holds a OtherContent*" },
        { new(ChatRole.Tool, [new TextContent("By the way."), new FunctionResultContent("a", "x")]), "A message of the role 'tool' contains text besides its results*" },
        { new(new ChatRole("critic"), "Good."), "vLLM does not know the role 'critic'*" },
        { new(ChatRole.Tool, [new FunctionResultContent("a", new DataContent(new byte[] { 1 }, "application/pdf"))]), "The result of a tool holds application/pdf*" },
    };

    [Theory]
    [MemberData(nameof(Lost))]
    public async Task Content_that_vllm_has_no_place_for_is_refused_by_name(ChatMessage message, string why)
    {
        ChatMessage call = new(ChatRole.Assistant, [new FunctionCallContent("a", "read")]);

        await FluentActions.Awaiting(() => SentAsync(call, message)).Should().ThrowAsync<NotSupportedException>().WithMessage(why);
    }

    public static TheoryData<FunctionCallContent> Unfit => new()
    {
        new FunctionCallContent("a", "get_weather") { Exception = new FormatException("cut") },
        new FunctionCallContent("a", " "),
        new FunctionCallContent("a", "get_weather", new Dictionary<string, object?> { ["x"] = typeof(string) }),
        new FunctionCallContent("a", "get_weather", new Dictionary<string, object?> { ["x"] = JsonElement.Parse("""["\ud83d"]""") }),
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task A_damaged_call_stays_out_together_with_its_result(FunctionCallContent call)
    {
        JsonArray sent = await SentAsync(
            new ChatMessage(ChatRole.Assistant, [call]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("a", "?")]),
            new ChatMessage(ChatRole.User, "End."));

        sent.Select(message => $"{message!["role"]} {message["content"]}").Should().Equal("assistant ", "user End.");
    }

    // FunctionInvokingChatClient marks every call that it has run, so that another one does not run it again.
    [Fact]
    public async Task A_call_that_middleware_has_run_goes_back_with_its_result()
    {
        JsonArray sent = await SentAsync(
            new ChatMessage(ChatRole.User, "The weather, please."),
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("a", "get_weather") { InformationalOnly = true }]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("a", "Sunny.")]));

        sent.Select(message => $"{message!["role"]}").Should().Equal("user", "assistant", "tool");
    }

    // Servers count their ids anew: a result is of the call before it.
    [Fact]
    public async Task Results_belong_to_the_calls_before_them_whatever_ids_come_again()
    {
        JsonArray sent = await SentAsync(
            Called("a", "one"), Gave("a", "1"),
            Called("a", "two"),
            new ChatMessage(ChatRole.User, "Once more."),
            Called("a", "three"), new ChatMessage(ChatRole.User, "Well?"), Gave("a", "3"));

        sent.Select(Line).Should().Equal("assistant one", "tool 1", "assistant ", "user Once more.", "assistant three", "tool 3", "user Well?");
    }

    [Fact]
    public async Task Calls_of_one_message_with_the_same_id_keep_their_results()
    {
        JsonArray sent = await SentAsync(
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("a", "one"), new FunctionCallContent("a", "two")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("a", "1"), new FunctionResultContent("a", "2")]));

        sent.Skip(1).Select(Line).Should().Equal("tool 1", "tool 2");
    }

    [Fact]
    public async Task An_empty_turn_at_the_end_is_none()
    {
        JsonArray sent = await SentAsync(new ChatMessage(ChatRole.User, "Hello."), new ChatMessage(ChatRole.Assistant, [new ErrorContent("oops")]));

        sent.Select(Line).Should().Equal("user Hello.");
    }

    [Fact]
    public async Task Text_beside_a_result_that_only_repeats_it_is_sent_once()
    {
        JsonArray sent = await SentAsync(
            Called("a", "one"), new ChatMessage(ChatRole.Tool, [new TextContent("1"), new FunctionResultContent("a", "1")]));

        sent.Select(Line).Should().Equal("assistant one", "tool 1");
    }

    [Fact]
    public async Task A_call_without_a_result_stays_out_and_one_without_arguments_has_an_empty_object()
    {
        JsonArray sent = await SentAsync(
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("a", "get_weather"), new FunctionCallContent("b", "get_random_number")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("b", "4")]));

        sent[0]!["tool_calls"]!.AsArray().Should().ContainSingle().Which!["function"]!["arguments"]!.GetValue<string>().Should().Be("{}");
    }

    private static ChatMessage Called(string id, string name) => new(ChatRole.Assistant, [new FunctionCallContent(id, name)]);

    private static ChatMessage Gave(string id, string result) => new(ChatRole.Tool, [new FunctionResultContent(id, result)]);

    private static string Line(JsonNode? message) => $"{message!["role"]} {message["tool_calls"]?[0]?["function"]?["name"] ?? message["content"]}";

    private static async Task<JsonArray> SentAsync(params ChatMessage[] messages)
    {
        using var play = new BridgePlay(BridgePlay.Answer);
        await play.Chat.GetResponseAsync(messages);
        return play.Bodies[0]["messages"]!.DeepClone().AsArray();
    }

    private sealed class OtherContent : AIContent;
}
