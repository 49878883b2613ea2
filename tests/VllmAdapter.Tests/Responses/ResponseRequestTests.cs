using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Responses;

/// <summary>What a typed request says on the wire, and what is refused before it is sent.</summary>
public sealed class ResponseRequestTests
{
    private static readonly ResponseRequest Plain = ResponseRequest.FromPrompt("Hello");

    public static TheoryData<ResponseRequest, string> Bodies => new()
    {
        { Plain, """{"input":"Hello","stream":true}""" },
        { Plain with { Stream = false, Model = "m", Instructions = "Be brief.", MaxOutputTokens = 5 }, """{"model":"m","input":"Hello","instructions":"Be brief.","max_output_tokens":5}""" },
        { Plain with { PreviousResponseId = "resp_1", Store = true, User = "u" }, """{"input":"Hello","stream":true,"previous_response_id":"resp_1","store":true,"user":"u"}""" },
        { Plain with { Sampling = new() { Temperature = 0, TopK = 3, Stop = ["\n"] } }, """{"input":"Hello","stream":true,"temperature":0,"top_k":3,"stop":["\n"]}""" },
        { Plain with { ReasoningEffort = ReasoningLevel.Low, ParallelToolCalls = false }, """{"input":"Hello","stream":true,"parallel_tool_calls":false,"reasoning":{"effort":"low"}}""" },
        {
            Plain with { Tools = [new ToolDefinition("now", "The time."), new ToolDefinition("add", null, """{"type":"object"}""") { Strict = true }], ToolChoice = ToolChoice.Named("now") },
            """
            {"input":"Hello","stream":true,"tools":[
              {"type":"function","name":"now","description":"The time.","parameters":{"type":"object","properties":{}}},
              {"type":"function","name":"add","parameters":{"type":"object"},"strict":true}],
             "tool_choice":{"type":"function","name":"now"}}
            """
        },
        { Plain with { ToolChoice = ToolChoice.Required }, """{"input":"Hello","stream":true,"tool_choice":"required"}""" },
        { Plain with { Output = StructuredOutput.JsonObject }, """{"input":"Hello","stream":true,"text":{"format":{"type":"json_object"}}}""" },
        {
            Plain with { Output = StructuredOutput.JsonSchema("city", JsonNode.Parse("""{"type":"object"}""")!, strict: true) },
            """{"input":"Hello","stream":true,"text":{"format":{"type":"json_schema","name":"city","schema":{"type":"object"},"strict":true}}}"""
        },
        { Plain with { Output = StructuredOutput.OneOf("yes", "no") }, """{"input":"Hello","stream":true,"structured_outputs":{"choice":["yes","no"]}}""" },
        {
            Plain with { Input = [VllmMessage.System("Be kind."), VllmMessage.User("Look:", ContentPart.Text("here"))] },
            """{"input":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"input_text","text":"Look:"},{"type":"input_text","text":"here"}]}],"stream":true}"""
        },
        {
            Plain with { Input = [], Extra = new() { ["input"] = new JsonArray(new JsonObject { ["type"] = "reasoning" }), ["include_reasoning"] = false } },
            """{"stream":true,"input":[{"type":"reasoning"}],"include_reasoning":false}"""
        },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_request_says_what_is_set_and_nothing_else(ResponseRequest request, string body) =>
        JsonNode.DeepEquals(RecordedResponseRequest.Build(request), JsonNode.Parse(body)).Should().BeTrue(RecordedResponseRequest.Build(request).ToJsonString());

    public static TheoryData<ResponseRequest, string> Unusable => new()
    {
        { Plain with { Input = [] }, "*Input is empty*" },
        { Plain with { MaxOutputTokens = 0 }, "*MaxOutputTokens (max_output_tokens) must be a whole number, 1 or more*" },
        { Plain with { TopLogprobs = -1 }, "*TopLogprobs (top_logprobs)*" },
        { Plain with { Sampling = new() { Temperature = -1 } }, "*emperature*" },
        { Plain with { Extra = new() { ["background"] = true } }, "*background*adapter.Routes*" },
        { Plain with { Extra = new() { ["stream"] = false } }, "*Set Stream*" },
        { Plain with { Output = StructuredOutput.Regex("a"), Extra = new() { ["text"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "json_object" } } } }, "*structured_outputs*text.format*" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_every_server_refuses_is_refused_before_it_is_sent(ResponseRequest request, string message)
    {
        Action build = () => RecordedResponseRequest.Build(request);

        build.Should().Throw<ArgumentException>().WithMessage(message);
    }

    public static TheoryData<string, Func<RequestEvidence, object?>, object?> Evidence => new()
    {
        { """{"max_output_tokens":7}""", asked => asked.MaxTokens, 7 },
        { """{"tool_choice":"required"}""", asked => asked.RequiresCall, true },
        { """{"tool_choice":{"type":"function","name":"now"}}""", asked => asked.RequiresCall, true },
        { """{"tool_choice":"auto"}""", asked => asked.RequiresCall, false },
        { """{"tools":[{"type":"function","name":"now","parameters":{"type":"object","required":["zone"]}},{"type":"web_search"}]}""", asked => string.Join(' ', asked.Tools.Select(tool => $"{tool.Name}({string.Join(',', tool.RequiredParameters)})")), "now(zone)" },
        { """{"text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object"}}}}""", asked => asked.Format!.Schema!.Value.GetRawText(), """{"type":"object"}""" },
        { """{"include_reasoning":false,"ignore_eos":true}""", asked => (asked.HidesReasoning, asked.IgnoresEndToken), (true, true) },
    };

    [Theory]
    [MemberData(nameof(Evidence))]
    public void What_was_asked_for_is_read_off_the_finished_body(string body, Func<RequestEvidence, object?> fact, object? expected) =>
        fact(ResponseEvidence.Of(JsonDocument.Parse(body).RootElement, contextWindow: null, serverMaxTokens: null)).Should().Be(expected);
}
