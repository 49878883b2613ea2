using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter.Tests.Serialization;

public sealed partial class SavedConversationTests
{
    private const string Half = "\ud83d";
    private const string Odd = "Orléans \"\\/\b\f\n\r\t\u0000\u2028 <b>&'+ 日本語 🦙";

    public static TheoryData<string, VllmMessage, string> Messages => new()
    {
        { "system", VllmMessage.System("Be brief."), """{"role":"system","content":"Be brief."}""" },
        { "developer", VllmMessage.Developer("Be brief."), """{"role":"developer","content":"Be brief."}""" },
        { "user", VllmMessage.User("Hi."), """{"role":"user","content":"Hi."}""" },
        { "user, by name", VllmMessage.User("Hi.") with { Name = "Eve" }, """{"role":"user","content":"Hi.","name":"Eve"}""" },
        { "user, nothing said", new UserMessage(), """{"role":"user","content":null}""" },
        { "user, an empty text", VllmMessage.User(""), """{"role":"user","content":""}""" },
        { "user, a text and a picture", VllmMessage.User("What is it?", ContentPart.Image(new Uri("https://host/a.png")) with { Detail = "low" }),
            """{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{"url":"https://host/a.png","detail":"low"}}]}""" },
        { "user, a picture alone", VllmMessage.User(ContentPart.Image(new byte[] { 1, 2, 3 }, "image/png")),
            """{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}]}""" },
        { "user, one part that is text", VllmMessage.User(ContentPart.Text("Hi.")), """{"role":"user","content":[{"type":"text","text":"Hi."}]}""" },
        { "user, two parts that are text", VllmMessage.User(ContentPart.Text("Hi."), ContentPart.Text("You.")),
            """{"role":"user","content":[{"type":"text","text":"Hi."},{"type":"text","text":"You."}]}""" },
        { "user, an empty text before a part", VllmMessage.User("", ContentPart.Text("Hi.")),
            """{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"Hi."}]}""" },
        { "user, audio", VllmMessage.User(ContentPart.Audio(new byte[] { 1 }, "wav"), ContentPart.Audio(new Uri("https://host/a.wav"))),
            """{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AQ==","format":"wav"}},{"type":"audio_url","audio_url":{"url":"https://host/a.wav"}}]}""" },
        { "user, a video", VllmMessage.User(ContentPart.Video(new Uri("https://host/a.mp4"))), """{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://host/a.mp4"}}]}""" },
        { "user, a part of another kind", VllmMessage.User(ContentPart.Raw(new JsonObject { ["type"] = "image_embeds", ["image_embeds"] = new JsonArray(1, null) })),
            """{"role":"user","content":[{"type":"image_embeds","image_embeds":[1,null]}]}""" },
        { "user, a part with more than is known", VllmMessage.User(ContentPart.Raw(new JsonObject { ["type"] = "text", ["text"] = "Hi.", ["cache_control"] = new JsonObject() })),
            """{"role":"user","content":[{"type":"text","text":"Hi.","cache_control":{}}]}""" },
        { "assistant", VllmMessage.Assistant("4."), """{"role":"assistant","content":"4."}""" },
        { "assistant, nothing said", new AssistantMessage(), """{"role":"assistant","content":null}""" },
        { "assistant, an empty text", VllmMessage.Assistant(""), """{"role":"assistant","content":""}""" },
        { "assistant, thoughts", new AssistantMessage { Text = "4.", Reasoning = "2+2" }, """{"role":"assistant","content":"4.","reasoning":"2+2"}""" },
        { "assistant, thoughts under vLLM's older name", new AssistantMessage { Text = "4.", Reasoning = "2+2", ReasoningName = "reasoning_content" },
            """{"role":"assistant","content":"4.","reasoning_content":"2+2"}""" },
        { "assistant, thoughts under a name of its own", new AssistantMessage { Text = "4.", Reasoning = "2+2", ReasoningName = "content" },
            """{"role":"assistant","content":"4.","reasoning":"2+2","reasoning_name":"content"}""" },
        { "assistant, calls", VllmMessage.Assistant(null, new ToolCall("call-1", "add", """{"a": 1}"""), new ToolCall("call-2", "now", "")),
            """{"role":"assistant","content":null,"tool_calls":[{"id":"call-1","type":"function","function":{"name":"add","arguments":"{\u0022a\u0022: 1}"}},{"id":"call-2","type":"function","function":{"name":"now","arguments":""}}]}""" },
        { "tool", VllmMessage.Tool("call-1", "4"), """{"role":"tool","tool_call_id":"call-1","content":"4"}""" },
        { "tool, nothing", VllmMessage.Tool("call-1", ""), """{"role":"tool","tool_call_id":"call-1","content":""}""" },
        { "tool, parts", VllmMessage.Tool("call-1", ContentPart.Text("A chart:"), ContentPart.Image(new Uri("https://host/a.png"))),
            """{"role":"tool","tool_call_id":"call-1","content":[{"type":"text","text":"A chart:"},{"type":"image_url","image_url":{"url":"https://host/a.png"}}]}""" },
        { "tool, a text and a part", VllmMessage.Tool("call-1", "A chart:") with { Parts = [ContentPart.Text("none")] },
            """{"role":"tool","tool_call_id":"call-1","content":[{"type":"text","text":"A chart:"},{"type":"text","text":"none"}]}""" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_written_as_the_wire_has_it_and_comes_back_equal(string name, VllmMessage message, string json)
    {
        string written = JsonSerializer.Serialize(message);

        JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(json)).Should().BeTrue(written);
        JsonSerializer.Deserialize<VllmMessage>(written).Should().Be(message, name);
        JsonSerializer.Serialize((object)message).Should().Be(written, "the type it is known by does not matter");
        JsonSerializer.Deserialize(written, message.GetType()).Should().Be(message);
        JsonSerializer.Serialize(message, SavingContext.Default.VllmMessage).Should().Be(written);
        JsonSerializer.Deserialize(written, SavingContext.Default.VllmMessage).Should().Be(message);
        ChatRequest request = new() { Messages = [message] };
        ChatRequest.Parse(request.ToJson()).Should().Be(request);
        ChatRequest.Parse($"[{written}]").Should().Be(request);
    }

    // No attribute: its text could not hold half a character.
    public static TheoryData<string, string> Texts => new()
    {
        { Odd, Odd },
        { "half" + Half, "half\uFFFD" },
        { Half + "\ud83e\udd99", "\uFFFD🦙" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_is_kept_letter_by_letter_but_for_half_characters(string text, string kept)
    {
        ChatRequest request = new()
        {
            Messages =
            [
                VllmMessage.System(text), VllmMessage.Developer(text), VllmMessage.User(text, ContentPart.Text(text)) with { Name = text },
                new AssistantMessage { Text = text, Reasoning = text, ToolCalls = [new ToolCall(text, text, text)] }, VllmMessage.Tool(text, text),
            ],
            User = text,
        };
        ChatRequest expected = new()
        {
            Messages =
            [
                VllmMessage.System(kept), VllmMessage.Developer(kept), VllmMessage.User(kept, ContentPart.Text(kept)) with { Name = kept },
                new AssistantMessage { Text = kept, Reasoning = kept, ToolCalls = [new ToolCall(kept, kept, kept)] }, VllmMessage.Tool(kept, kept),
            ],
            User = kept,
        };

        ChatRequest.Parse(request.ToJson()).Should().Be(expected);
        JsonSerializer.Deserialize<ChatRequest>(JsonSerializer.Serialize(request)).Should().Be(expected);
    }

    [Fact]
    public void Half_characters_of_others_are_no_reason_to_refuse_a_conversation()
    {
        const string Json = """[{"role":"user","content":"a\ud83d","x\ud83d":"\ude00"}]""";

        ChatRequest.Parse(Json).Messages.Should().Equal(VllmMessage.User("a\uFFFD"));
        JsonSerializer.Deserialize<List<VllmMessage>>(Json).Should().Equal(VllmMessage.User("a\uFFFD"));
    }

    public static TheoryData<string, string, VllmMessage> Foreign => new()
    {
        { "fields that nobody knows", """{"role":"user","content":"Hi.","id":7,"new":{"a":[1]}}""", VllmMessage.User("Hi.") },
        { "a list of texts for an instruction", """{"role":"system","content":[{"type":"text","text":"Be"},{"type":"text","text":" brief."}]}""", VllmMessage.System("Be brief.") },
        { "a list of texts for an answer", """{"role":"assistant","content":[{"type":"text","text":"4."}]}""", VllmMessage.Assistant("4.") },
        { "no content next to calls", """{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""", VllmMessage.Assistant(null, new ToolCall("c", "f", "{}")) },
        { "nulls", """{"role":"assistant","content":"4.","name":null,"tool_calls":null,"refusal":null,"reasoning":null,"function_call":null}""", VllmMessage.Assistant("4.") },
        { "arguments that are no text", """{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]}""", VllmMessage.Assistant(null, new ToolCall("c", "f", """{"a":1}""")) },
        { "an image as plain text, as some servers take it", """{"role":"user","content":[{"type":"image_url","image_url":"https://host/a.png"}]}""",
            VllmMessage.User(ContentPart.Raw(new JsonObject { ["type"] = "image_url", ["image_url"] = "https://host/a.png" })) },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void Messages_that_others_wrote_are_read(string name, string json, VllmMessage message) =>
        JsonSerializer.Deserialize<VllmMessage>(json).Should().Be(message, name);

    [Theory]
    [InlineData("""{"role":"user","content":"Hi.""", "This is not a saved request: *")]
    [InlineData("", "This is not a saved request: *")]
    [InlineData("null", "This is not a saved request: it is null, not an object.")]
    [InlineData("7", "This is not a saved request: it is the number 7, not an object.")]
    [InlineData("{}", "This is not a saved request: messages is missing.")]
    [InlineData("""{"messages":{}}""", "This is not a saved request: messages is an object, not a list.")]
    [InlineData("""{"messages":[7]}""", "This is not a saved request: messages[0] is the number 7, not an object.")]
    [InlineData("""{"messages":[],"messages":[]}""", "This is not a saved request: *messages*")]
    [InlineData("""[{"content":"Hi."}]""", "This is not a saved request: [0].role is missing.")]
    [InlineData("""{"messages":[{"role":"user","content":"Hi."},{"role":"pope"}]}""", "This is not a saved request: messages[1].role is 'pope', not system, developer, user, assistant or tool.")]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", "This is not a saved request: messages[0].content is the number 7, not a text.")]
    [InlineData("""{"messages":[{"role":"user","content":["Hi."]}]}""", "This is not a saved request: messages[0].content[0] is a text, not an object.")]
    [InlineData("""{"messages":[{"role":"tool","content":"4"}]}""", "This is not a saved request: messages[0].tool_call_id is missing.")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"c"}]}]}""", "This is not a saved request: messages[0].tool_calls[0].function is missing.")]
    [InlineData("""{"messages":[],"max_tokens":"many"}""", "This is not a saved request: max_tokens is a text, not a whole number.")]
    [InlineData("""{"messages":[],"max_tokens":1.5}""", "This is not a saved request: max_tokens is the number 1.5, not a whole number.")]
    [InlineData("""{"messages":[],"stream":"yes"}""", "This is not a saved request: stream is a text, not true or false.")]
    [InlineData("""{"messages":[],"logit_bias":{"a":1}}""", "This is not a saved request: logit_bias.a is not named by the id of a token.")]
    [InlineData("""{"messages":[],"stop_token_ids":[1,"2"]}""", "This is not a saved request: stop_token_ids[1] is a text, not a whole number.")]
    [InlineData("""{"messages":[],"tools":[{"type":"function","function":{}}]}""", "This is not a saved request: tools[0].function.name is missing.")]
    [InlineData("""{"messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"a"}}}""", "This is not a saved request: response_format.json_schema.schema is missing.")]
    [InlineData("""{"messages":[],"vllm_adapter":{"usage_reporting":"weekly"}}""", "This is not a saved request: vllm_adapter.usage_reporting is 'weekly', not one of continuous, final, none.")]
    [InlineData("""{"messages":[],"vllm_adapter":{"recovery":{"continuations":0}}}""", "This is not a saved request: vllm_adapter.recovery.continuations is not 1 or more.")]
    public void What_is_no_request_is_refused_with_a_sentence(string json, string sentence) =>
        FluentActions.Invoking(() => ChatRequest.Parse(json)).Should().Throw<JsonException>().WithMessage(sentence);

    [Fact]
    public void A_message_that_is_none_is_refused_with_a_sentence()
    {
        FluentActions.Invoking(() => JsonSerializer.Deserialize<VllmMessage>("""{"role":"pope"}"""))
            .Should().Throw<JsonException>().WithMessage("This is not a message: role is 'pope', not system, developer, user, assistant or tool.*");
        FluentActions.Invoking(() => JsonSerializer.Deserialize<UserMessage>("""{"role":"system","content":"a"}"""))
            .Should().Throw<JsonException>().WithMessage("This is not a message of this kind: it is a SystemMessage, not a UserMessage.*");
        FluentActions.Invoking(() => JsonSerializer.Deserialize<List<VllmMessage>>("""[{"role":"user","content":7}]"""))
            .Should().Throw<JsonException>().WithMessage("*content is the number 7, not a text.*");
        FluentActions.Invoking(() => JsonSerializer.Deserialize<StructuredOutput>("{}"))
            .Should().Throw<JsonException>().WithMessage("This is not the shape of an answer: it has neither a response_format nor structured_outputs of a kind that is known.*");
        FluentActions.Invoking(() => ChatRequest.Parse(null!)).Should().Throw<ArgumentNullException>();
    }

    public static TheoryData<string, ContentPart> Parts => new()
    {
        { "text", ContentPart.Text(Odd) },
        { "image", ContentPart.Image(new Uri("https://host/a.png")) },
        { "image with detail", ContentPart.Image(new Uri("https://host/a.png")) with { Detail = "high" } },
        { "audio", ContentPart.Audio(new byte[] { 1 }, "mp3") },
        { "audio behind a URL", ContentPart.Audio(new Uri("https://host/a.wav")) },
        { "video", ContentPart.Video(new byte[] { 1 }, "video/mp4") },
        { "raw", ContentPart.Raw(new JsonObject { ["type"] = "x", ["y"] = 1.50 }) },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_comes_back_equal(string name, ContentPart part)
    {
        JsonSerializer.Deserialize<ContentPart>(JsonSerializer.Serialize(part)).Should().Be(part, name);
        JsonSerializer.Deserialize(JsonSerializer.Serialize((object)part), part.GetType()).Should().Be(part);
        JsonSerializer.Deserialize(JsonSerializer.Serialize(part, SavingContext.Default.ContentPart), SavingContext.Default.ContentPart).Should().Be(part);
    }

    public static TheoryData<string, StructuredOutput> Outputs
    {
        get
        {
            const string Schema = """{"type":"object","properties":{"a":{"enum":[1,2.0,null]}}}""";
            StructuredOutput[] all =
            [
                StructuredOutput.JsonObject, StructuredOutput.JsonSchema("answer", Schema), StructuredOutput.JsonSchema("other", Schema, strict: true),
                StructuredOutput.Regex("[0-9]+"), StructuredOutput.OneOf("yes", "no"), StructuredOutput.Grammar("root ::= \"a\""), StructuredOutput.StructuralTag("{}"),
            ];
            var data = new TheoryData<string, StructuredOutput>();
            foreach (StructuredOutput output in all)
            {
                data.Add($"{JsonSerializer.Serialize(output)}", output);
                data.Add("with options", output with { DisableAnyWhitespace = true, DisableAdditionalProperties = false, WhitespacePattern = " ?" });
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void The_shape_of_an_answer_comes_back_equal(string name, StructuredOutput output)
    {
        JsonSerializer.Deserialize<StructuredOutput>(JsonSerializer.Serialize(output)).Should().Be(output, name);
        JsonSerializer.Deserialize(JsonSerializer.Serialize(output, SavingContext.Default.StructuredOutput), SavingContext.Default.StructuredOutput).Should().Be(output);
        ChatRequest request = ChatRequest.FromPrompt("Hi.") with { Output = output };
        ChatRequest.Parse(request.ToJson()).Should().Be(request);
    }

    [JsonSerializable(typeof(VllmMessage))]
    [JsonSerializable(typeof(List<VllmMessage>))]
    [JsonSerializable(typeof(UserMessage))]
    [JsonSerializable(typeof(ContentPart))]
    [JsonSerializable(typeof(StructuredOutput))]
    [JsonSerializable(typeof(ChatRequest))]
    [JsonSerializable(typeof(StreamOutcome))]
    internal sealed partial class SavingContext : JsonSerializerContext;
}
