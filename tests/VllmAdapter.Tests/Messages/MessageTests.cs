using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Messages;

/// <summary>Messages: their events are judged by the same judge as chats, whatever word the server put in the place of its reason.</summary>
public sealed class MessageTests
{
    private const string Start = """{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","content":[],"model":"tiny","stop_reason":null,"usage":{"input_tokens":12,"output_tokens":0}}}""";
    private const string Stop = """{"type":"message_stop"}""";

    private static readonly MessageRequest Ask = new()
    {
        Model = "tiny",
        Messages = [VllmMessage.User("Hello.")],
        MaxTokens = 22,
        Tools = [new ToolDefinition("get_weather", null, """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""")],
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };

    public static TheoryData<string, string[], StreamVerdict, Certainty, int, int> Ends => new()
    {
        { "a whole text", [Start, Text("Hello."), End("end_turn", 3), Stop], StreamVerdict.Completed, Certainty.Declared, 0, 0 },
        { "a cut text", [Start, Text("Hello."), End("max_tokens", 22), Stop], StreamVerdict.LengthLimited, Certainty.Declared, 0, 0 },
        { "a cut text, told as the end of a turn", [Start, Text("Hello."), End("end_turn", 22), Stop], StreamVerdict.LengthLimited, Certainty.Inferred, 0, 0 },
        { "a full window", [Start, Text("Hello."), End("model_context_window_exceeded", 9), Stop], StreamVerdict.LengthLimited, Certainty.Declared, 0, 0 },
        { "no message_stop", [Start, Text("Hello.")], StreamVerdict.Interrupted, Certainty.Inferred, 0, 0 },
        { "no reason", [Start, Text("Hello."), Stop], StreamVerdict.Unconfirmed, Certainty.Inferred, 0, 0 },
        { "an error", [Start, Text("Hello."), """{"type":"error","error":{"type":"internal_error","message":"gone"}}"""], StreamVerdict.ServerError, Certainty.Observed, 0, 0 },
        { "a whole call", [Start, Tool(), Input("""{\"city\":"""), Input(""" \"Paris\"}"""), Closed, End("tool_use", 9), Stop], StreamVerdict.Completed, Certainty.Declared, 1, 0 },
        { "a call whose input stands at its start", [Start, Tool("""{"city":"Paris"}"""), Closed, End("tool_use", 9), Stop], StreamVerdict.Completed, Certainty.Declared, 1, 0 },
        { "a cut call without a piece", [Start, Tool(), Closed, End("max_tokens", 22), Stop], StreamVerdict.LengthLimited, Certainty.Declared, 0, 1 },
        { "a cut call, told as a call", [Start, Tool(), Closed, End("tool_use", 22), Stop], StreamVerdict.LengthLimited, Certainty.Inferred, 0, 1 },
        { "a call without the argument that it needs", [Start, Tool(), Closed, End("tool_use", 9), Stop], StreamVerdict.Completed, Certainty.Declared, 0, 1 },
        { "a call that breaks off", [Start, Tool(), Input("""{\"city\":""")], StreamVerdict.Interrupted, Certainty.Inferred, 0, 1 },
        { "pieces of a call whose start was lost", [Start, Input("""{\"city\": \"Paris\"}"""), End("tool_use", 9), Stop], StreamVerdict.Completed, Certainty.Declared, 0, 1 },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_stream_is_judged_by_all_the_evidence(string what, string[] events, StreamVerdict verdict, Certainty certainty, int ready, int withheld)
    {
        ChatAnswer answer = await Played(events).CompleteMessageAsync(Ask);

        (answer.Outcome.Verdict, answer.Outcome.Certainty).Should().Be((verdict, certainty), $"{what}: {answer.Outcome.Explain()}");
        (answer.ToolCalls.Count, answer.Outcome.WithheldToolCalls.Count).Should().Be((ready, withheld), what);
    }

    public static TheoryData<string, string[], string[]> Inputs => new()
    {
        { "pieces of two calls, interleaved", [Tool(), Tool(block: 1, id: "c2"), Input("""{\"city\":"""), Input("""{\"city\":""", 1), Input(""" \"Paris\"}"""), Input(""" \"Oslo\"}""", 1), Closed], ["""c1 {"city": "Paris"}""", """c2 {"city": "Oslo"}"""] },
        { "two calls that begin with their input before either is closed", [Tool("""{"city":"Paris"}"""), Tool("""{"city":"Oslo"}""", 1, "c2"), Closed, Closed], ["""c1 {"city":"Paris"}""", """c2 {"city":"Oslo"}"""] },
        { "an input at the start of a block that is never closed", [Tool("""{"limit":5}""", name: "list")], ["""c1 {"limit":5}"""] },
        { "an input at the start that its pieces repeat", [Tool("""{"city":"Paris"}"""), Input("""{\"city\": \"Paris\"}"""), Closed], ["""c1 {"city":"Paris"}"""] },
        { "an input that is the text of its JSON", [Tool("\"{\\\"limit\\\":5}\"", name: "list"), Closed], ["""c1 {"limit":5}"""] },
        { "no input where none is needed", [Tool("null", name: "list"), Closed], ["c1 {}"] },
        { "an input that is no object", [Tool("[5]", name: "list"), Closed], [] },
        { "a call of the server's own, whose input is not the client's business", ["""{"type":"content_block_start","content_block":{"type":"server_tool_use","id":"s1","name":"search","input":{}},"index":3}""", Input("""{\"q\": 1}""", 3), Tool("""{"limit":5}""", name: "list")], ["""c1 {"limit":5}"""] },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task A_call_gets_its_own_input_wherever_it_stands(string what, string[] blocks, string[] ready)
    {
        var ask = Ask with { Tools = [.. Ask.Tools, new ToolDefinition("list", null, """{"type":"object","properties":{"limit":{"type":"integer"}}}""")] };

        ChatAnswer answer = await Played([Start, .. blocks, End("tool_use", 9), Stop]).CompleteMessageAsync(ask);

        answer.ToolCalls.Select(call => $"{call.Id} {call.Arguments}").Should().Equal(ready, $"{what}: {answer.Outcome.Explain()}");
    }

    [Theory]
    [InlineData("""{"limit":5}""", "c1 {\"limit\":5}")]
    [InlineData("\"{\\\"limit\\\":5}\"", "c1 {\"limit\":5}")]
    [InlineData("null", "c1 {}")]
    [InlineData("[5]", null)]
    public async Task The_input_of_a_whole_message_is_taken_as_it_stands_or_not_at_all(string input, string? ready)
    {
        var ask = Ask with { Stream = false, Tools = [new ToolDefinition("list", null, """{"type":"object","properties":{"limit":{"type":"integer"}}}""")] };

        ChatAnswer answer = await Whole($$"""{"type":"message","content":[{"type":"tool_use","id":"c1","name":"list","input":{{input}}}],"stop_reason":"tool_use","usage":{"input_tokens":12,"output_tokens":9} }""").CompleteMessageAsync(ask);

        answer.ToolCalls.Select(call => $"{call.Id} {call.Arguments}").SingleOrDefault().Should().Be(ready);
    }

    [Fact]
    public async Task An_input_with_bytes_that_are_no_text_is_read_with_the_replacement_character()
    {
        byte[] events = Encoding.Latin1.GetBytes($"data: {Start}\n\ndata: {Tool("{\"city\":\"Par\u00ffis\"}")}\n\ndata: {Closed}\n\ndata: {End("tool_use", 9)}\n\ndata: {Stop}\n\n");

        ChatAnswer answer = await new CannedServer { Pieces = [events] }.NewAdapter().CompleteMessageAsync(Ask);

        answer.ToolCalls.Should().ContainSingle().Which.Arguments.Should().Be("{\"city\":\"Par\uFFFDis\"}");
    }

    [Fact]
    public async Task A_call_whose_pieces_contradict_its_start_is_not_handed_out()
    {
        ChatAnswer answer = await Played(Start, Tool("""{"city":"Paris"}"""), Input("""{\"city\": \"Oslo\"}"""), Closed, End("tool_use", 9), Stop).CompleteMessageAsync(Ask);

        answer.ToolCalls.Should().BeEmpty();
        answer.Outcome.Verdict.Should().Be(StreamVerdict.Malformed);
        answer.Outcome.Explain().Should().Contain("other input in its pieces");
    }

    [Fact]
    public async Task The_count_of_the_prompt_may_stand_at_the_start_only()
    {
        ChatAnswer answer = await Played(Start, Text("Hello."), """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""", Stop).CompleteMessageAsync(Ask);

        (answer.Usage!.PromptTokens, answer.Usage.CompletionTokens).Should().Be((12, 3));
    }

    [Fact]
    public async Task Events_that_a_proxy_glued_together_are_all_read()
    {
        ChatAnswer answer = await CannedServer.Saying($"data: {Start}\ndata: {Text("Hel")}\ndata: {Text("lo.")}\n\ndata: {End("end_turn", 3)}\ndata: {Stop}\n\n").NewAdapter().CompleteMessageAsync(Ask);

        (answer.Text, answer.Outcome.Verdict).Should().Be(("Hello.", StreamVerdict.Completed), answer.Outcome.Explain());
    }

    [Fact]
    public async Task A_reason_is_told_as_it_reads_and_a_content_that_is_one_text_is_the_text()
    {
        ChatAnswer answer = await Whole("""{"type":"message","content":"Hello.","stop_reason":"\u0077ei\"rd","usage":{"input_tokens":12,"output_tokens":3}}""").CompleteMessageAsync(Ask with { Stream = false });

        (answer.Text, answer.FinishReason!.Value.Value).Should().Be(("Hello.", "wei\"rd"));
    }

    [Fact]
    public async Task Thinking_text_ids_counts_and_stop_strings_are_told()
    {
        ChatAnswer answer = await Played(
            Start,
            """{"type":"content_block_start","content_block":{"type":"thinking","thinking":""},"index":0}""",
            """{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"Hm."},"index":0}""",
            """{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"x"},"index":0}""",
            """{"type":"ping"}""",
            Text("Hello."),
            """{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"STOP"},"usage":{"input_tokens":12,"output_tokens":5,"cache_read_input_tokens":4}}""",
            Stop).CompleteMessageAsync(Ask);

        (answer.Reasoning, answer.Text, answer.Id, answer.Model, answer.FinishReason).Should().Be(("Hm.", "Hello.", "m1", "tiny", FinishReason.Stop));
        answer.Usage.Should().Match<TokenUsage>(usage => usage.PromptTokens == 12 && usage.CompletionTokens == 5 && usage.Details!.CachedPromptTokens == 4);
        answer.Outcome.Evidence.Choices[0].StopReason.Should().Be("STOP");
    }

    [Fact]
    public async Task A_whole_message_is_judged_too()
    {
        ChatAnswer answer = await Whole("""{"id":"m1","type":"message","role":"assistant","model":"tiny","content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"Hel"},{"type":"text","text":"lo."},{"type":"tool_use","id":"c1","name":"get_weather","input":{"city":"Paris"}}],"stop_reason":"tool_use","usage":{"input_tokens":12,"output_tokens":9}}""").CompleteMessageAsync(Ask with { Stream = false });

        (answer.Reasoning, answer.Text).Should().Be(("Hm.", "Hello."));
        answer.ToolCalls.Should().ContainSingle().Which.Should().Be(new ToolCall("c1", "get_weather", """{"city":"Paris"}"""));
        answer.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
    }

    public static TheoryData<MessageRequest, string> Bodies => new()
    {
        {
            new MessageRequest { Model = "m", Messages = [VllmMessage.System("Be kind."), VllmMessage.User("Hello")], MaxTokens = 5 },
            """{"model":"m","system":"Be kind.","messages":[{"role":"user","content":"Hello"}],"max_tokens":5,"stream":true}"""
        },
        {
            new MessageRequest { Model = "m", Messages = [VllmMessage.User("Hello")], MaxTokens = 5, Tools = [new ToolDefinition("now")], ToolChoice = ToolChoice.Required, Stream = false },
            """{"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":5,"tools":[{"name":"now","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"}}"""
        },
        {
            new MessageRequest
            {
                Model = "m",
                MaxTokens = 5,
                Messages =
                [
                    VllmMessage.User("Look:", new ImagePart("data:image/png;base64,AAAA")), VllmMessage.Assistant("I see.", new ToolCall("c1", "now", "{}"), new ToolCall("c2", "now", "{}")),
                    VllmMessage.Tool("c1", "noon"), VllmMessage.Tool("c2", "night"),
                ],
            },
            """
            {"model":"m","max_tokens":5,"stream":true,"messages":[
              {"role":"user","content":[{"type":"text","text":"Look:"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
              {"role":"assistant","content":[{"type":"text","text":"I see."},{"type":"tool_use","id":"c1","name":"now","input":{}},{"type":"tool_use","id":"c2","name":"now","input":{}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"noon"},{"type":"tool_result","tool_use_id":"c2","content":"night"}]}]}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_request_says_what_is_set_and_nothing_else(MessageRequest request, string body)
    {
        JsonNode built = JsonNode.Parse(MessageRequestBody.Build(request, null).Utf8)!;

        JsonNode.DeepEquals(built, JsonNode.Parse(body)).Should().BeTrue(built.ToJsonString());
    }

    public static TheoryData<MessageRequest, string> Unusable => new()
    {
        { Ask with { Messages = [VllmMessage.System("Be kind.")] }, "*Messages holds none*" },
        { Ask with { MaxTokens = 0 }, "*MaxTokens (max_tokens)*" },
        { Ask with { Model = null }, "*Model (model) must be named*" },
        { Ask with { Extra = new() { ["stream"] = false } }, "*Set Stream*" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_every_server_refuses_is_refused_before_it_is_sent(MessageRequest request, string message)
    {
        Action build = () => MessageRequestBody.Build(request, null);

        build.Should().Throw<ArgumentException>().WithMessage(message);
    }

    private static string Closed => """{"type":"content_block_stop","index":0}""";

    private static VllmInferenceAdapter Played(params string[] events) =>
        CannedServer.Saying(string.Concat(events.Select(data => $"event: {JsonNode.Parse(data)!["type"]}\ndata: {data}\n\n"))).NewAdapter();

    private static string Text(string text) => $$"""{"type":"content_block_delta","delta":{"type":"text_delta","text":"{{text}}"},"index":0}""";

    private static VllmInferenceAdapter Whole(string json) => new CannedServer { ContentType = "application/json", Pieces = [Encoding.UTF8.GetBytes(json)] }.NewAdapter();

    private static string Tool(string input = "{}", int block = 0, string id = "c1", string name = "get_weather") =>
        $$"""{"type":"content_block_start","content_block":{"type":"tool_use","id":"{{id}}","name":"{{name}}","input":{{input}} },"index":{{block}} }""";

    private static string Input(string piece, int block = 0) =>
        $$"""{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{{piece}}"},"index":{{block}} }""";

    private static string End(string reason, int tokens) =>
        $$"""{"type":"message_delta","delta":{"stop_reason":"{{reason}}"},"usage":{"input_tokens":12,"output_tokens":{{tokens}} } }""";
}
