using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Features;

/// <summary>Every option of Microsoft.Extensions.AI that vLLM has a field for: one line each, and the field that it becomes.</summary>
public sealed class RequestFeatureTests
{
    private static readonly JsonElement Schema = JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"integer"}}}""");

    public static TheoryData<string, string> Rows => new()
    {
        { "ToolMode auto", """{"tool_choice":"auto"}""" },
        { "ToolMode none", """{"tool_choice":"none"}""" },
        { "ToolMode any", """{"tool_choice":"required"}""" },
        { "ToolMode specific", """{"tool_choice":{"type":"function","function":{"name":"get_weather"}}}""" },
        { "AllowMultipleToolCalls", """{"parallel_tool_calls":false}""" },
        { "strict tools", """{"tools/0/function/strict":true}""" },
        { "Instructions", """{"messages/0":{"role":"system","content":"Be brief."}}""" },
        { "ModelId", """{"model":"fake-model"}""" },
        { "Temperature", """{"temperature":0.2}""" },
        { "TopP", """{"top_p":0.9}""" },
        { "TopK", """{"top_k":40}""" },
        { "FrequencyPenalty", """{"frequency_penalty":0.5}""" },
        { "PresencePenalty", """{"presence_penalty":0.25}""" },
        { "Seed", """{"seed":7}""" },
        { "StopSequences", """{"stop":["END"]}""" },
        { "MaxOutputTokens", """{"max_tokens":100}""" },
        { "ResponseFormat json", """{"response_format":{"type":"json_object"}}""" },
        { "ResponseFormat schema", """{"response_format/type":"json_schema","response_format/json_schema/name":"pair"}""" },
        { "Reasoning effort", """{"reasoning_effort":"high"}""" },
        { "Reasoning not shown", """{"include_reasoning":false}""" },
        { "AdditionalProperties", """{"min_p":0.05}""" },
        { "RawRepresentationFactory", """{"min_tokens":3}""" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_option_becomes_its_field(string feature, string fields)
    {
        using var play = new ScriptedChat(Answers);

        await play.Client.GetResponseAsync("Paris?", Options(feature));

        foreach ((string path, JsonNode? value) in JsonNode.Parse(fields)!.AsObject())
            JsonNode.DeepEquals(At(play.Requests[0], path), value).Should().BeTrue($"{path} is {At(play.Requests[0], path)?.ToJsonString()}");
    }

    public static TheoryData<string, string> Parts => new()
    {
        { "text", """{"type":"text","text":"Look."}""" },
        { "picture, data", """{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}""" },
        { "picture, URL", """{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}""" },
        { "audio, data", """{"type":"input_audio","input_audio":{"data":"AQI=","format":"wav"}}""" },
        { "audio, URL", """{"type":"audio_url","audio_url":{"url":"https://example.org/a.wav"}}""" },
        { "video, URL", """{"type":"video_url","video_url":{"url":"https://example.org/a.mp4"}}""" },
        { "a part as vLLM has it", """{"type":"image_url","image_url":{"url":"https://example.org/raw.png","detail":"low"}}""" },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Content_becomes_its_part(string content, string part)
    {
        using var play = new ScriptedChat(Answers);

        await play.Client.GetResponseAsync([new ChatMessage(ChatRole.User, [new TextContent("See:"), Content(content)])]);

        JsonNode? sent = play.Requests[0]["messages"]![0]!["content"]![1];
        JsonNode.DeepEquals(sent, JsonNode.Parse(part)).Should().BeTrue($"it is {sent?.ToJsonString()}");
    }

    [Fact]
    public async Task A_message_may_be_one_of_the_adapters_own()
    {
        using var play = new ScriptedChat(Answers);
        var own = new UserMessage { Name = "llama", Text = "Paris?" };

        await play.Client.GetResponseAsync([new ChatMessage(ChatRole.User, "Rome?") { RawRepresentation = own }]);

        play.Messages(0).Should().Equal("user: Paris?");
    }

    [Fact]
    public async Task Reasoning_of_the_history_goes_back_to_the_model()
    {
        using var play = new ScriptedChat(Answers);

        await play.Client.GetResponseAsync(
        [
            new ChatMessage(ChatRole.User, "Paris?"),
            new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Hm."), new TextContent("It is sunny.")]),
            new ChatMessage(ChatRole.User, "Rome?"),
        ]);

        play.Requests[0]["messages"]![1]!["reasoning"]!.GetValue<string>().Should().Be("Hm.");
    }

    private static ChatOptions Options(string feature) => feature switch
    {
        "ToolMode auto" => new() { Tools = [Weather], ToolMode = ChatToolMode.Auto },
        "ToolMode none" => new() { Tools = [Weather], ToolMode = ChatToolMode.None },
        "ToolMode any" => new() { Tools = [Weather], ToolMode = ChatToolMode.RequireAny },
        "ToolMode specific" => new() { Tools = [Weather], ToolMode = ChatToolMode.RequireSpecific("get_weather") },
        "AllowMultipleToolCalls" => new() { Tools = [Weather], AllowMultipleToolCalls = false },
        "strict tools" => new() { Tools = [Weather], AdditionalProperties = new() { ["strict"] = true } },
        "Instructions" => new() { Instructions = "Be brief." },
        "ModelId" => new() { ModelId = "fake-model" },
        "Temperature" => new() { Temperature = 0.2f },
        "TopP" => new() { TopP = 0.9f },
        "TopK" => new() { TopK = 40 },
        "FrequencyPenalty" => new() { FrequencyPenalty = 0.5f },
        "PresencePenalty" => new() { PresencePenalty = 0.25f },
        "Seed" => new() { Seed = 7 },
        "StopSequences" => new() { StopSequences = ["END"] },
        "MaxOutputTokens" => new() { MaxOutputTokens = 100 },
        "ResponseFormat json" => new() { ResponseFormat = ChatResponseFormat.Json },
        "ResponseFormat schema" => new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema, "pair") },
        "Reasoning effort" => new() { Reasoning = new() { Effort = Microsoft.Extensions.AI.ReasoningEffort.High } },
        "Reasoning not shown" => new() { Reasoning = new() { Output = ReasoningOutput.None } },
        "AdditionalProperties" => new() { AdditionalProperties = new() { ["min_p"] = 0.05 } },
        "RawRepresentationFactory" => new() { RawRepresentationFactory = _ => new ChatRequest { Messages = [], Sampling = new() { MinTokens = 3 } } },
        _ => throw new ArgumentOutOfRangeException(nameof(feature), feature, "There is no such row."),
    };

    private static AIContent Content(string content) => content switch
    {
        "text" => new TextContent("Look."),
        "picture, data" => new DataContent(new byte[] { 1, 2 }, "image/png"),
        "picture, URL" => new UriContent("https://example.org/a.png", "image/png"),
        "audio, data" => new DataContent(new byte[] { 1, 2 }, "audio/wav"),
        "audio, URL" => new UriContent("https://example.org/a.wav", "audio/wav"),
        "video, URL" => new UriContent("https://example.org/a.mp4", "video/mp4"),
        "a part as vLLM has it" => new TextContent("") { RawRepresentation = new ImagePart("https://example.org/raw.png") { Detail = "low" } },
        _ => throw new ArgumentOutOfRangeException(nameof(content), content, "There is no such row."),
    };

    private static JsonNode? At(JsonNode? node, string path) => path.Split('/').Aggregate(node, (at, name) =>
        at is JsonArray array ? array[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : at?[name]);
}
