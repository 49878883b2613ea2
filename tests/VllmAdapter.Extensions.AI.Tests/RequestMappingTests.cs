using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI.Tests;

public sealed class RequestMappingTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse("""{"type":"object"}""").RootElement;

    public static TheoryData<ChatOptions, string, string?> Options => new()
    {
        { new() { ModelId = "granite" }, "model", "\"granite\"" },
        { new() { MaxOutputTokens = 7 }, "max_tokens", "7" },
        { new() { Temperature = 0.2f }, "temperature", "0.2" },
        { new() { TopP = 0.9f }, "top_p", "0.9" },
        { new() { TopK = 40 }, "top_k", "40" },
        { new() { FrequencyPenalty = -0.5f }, "frequency_penalty", "-0.5" },
        { new() { PresencePenalty = 1.1f }, "presence_penalty", "1.1" },
        { new() { Seed = 42 }, "seed", "42" },
        { new() { StopSequences = ["END", "---"] }, "stop", """["END","---"]""" },

        // Written out, it ends the engine of vLLM 0.11.0 for everybody.
        { new() { ResponseFormat = ChatResponseFormat.Text }, "response_format", null },
        { new() { AdditionalProperties = new() { ["response_format"] = new JsonObject { ["type"] = "text" } } }, "response_format", null },
        { new() { ResponseFormat = ChatResponseFormat.Json }, "response_format", """{"type":"json_object"}""" },
        {
            new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema, "plan", "A plan.") }, "response_format",
            """{"type":"json_schema","json_schema":{"name":"plan","schema":{"type":"object"},"description":"A plan."}}"""
        },
        {
            new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema) }, "response_format",
            """{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"""
        },
        { new() { Reasoning = new() { Effort = Microsoft.Extensions.AI.ReasoningEffort.None } }, "reasoning_effort", "\"none\"" },
        { new() { Reasoning = new() { Effort = Microsoft.Extensions.AI.ReasoningEffort.Low } }, "reasoning_effort", "\"low\"" },
        { new() { Reasoning = new() { Effort = Microsoft.Extensions.AI.ReasoningEffort.Medium } }, "reasoning_effort", "\"medium\"" },
        { new() { Reasoning = new() { Effort = Microsoft.Extensions.AI.ReasoningEffort.High } }, "reasoning_effort", "\"high\"" },
        { new() { Reasoning = new() { Effort = Microsoft.Extensions.AI.ReasoningEffort.ExtraHigh } }, "reasoning_effort", "\"xhigh\"" },
        { new() { Reasoning = new() { Output = ReasoningOutput.None } }, "include_reasoning", "false" },
        { new() { Reasoning = new() { Output = ReasoningOutput.Full } }, "include_reasoning", null },
        { new() { AdditionalProperties = new() { ["min_p"] = 0.1 } }, "min_p", "0.1" },
        { new() { AdditionalProperties = new() { ["chat_template_kwargs"] = new JsonObject { ["a"] = 1 } } }, "chat_template_kwargs", """{"a":1}""" },
        { new() { AdditionalProperties = new() { ["vllm_xargs"] = new Dictionary<string, object?> { ["a"] = true } } }, "vllm_xargs", """{"a":true}""" },
        { new() { AdditionalProperties = new() { ["stop_token_ids"] = new[] { 1, 2 } } }, "stop_token_ids", "[1,2]" },
        { new() { ToolMode = ChatToolMode.RequireAny }, "tool_choice", null },
        { new() { Tools = [BridgePlay.RandomNumber], ToolMode = ChatToolMode.Auto }, "tool_choice", "\"auto\"" },
        { new() { Tools = [BridgePlay.RandomNumber], ToolMode = ChatToolMode.None }, "tool_choice", "\"none\"" },
        { new() { Tools = [BridgePlay.RandomNumber] }, "tool_choice", null },
        { new() { Tools = [BridgePlay.RandomNumber], AllowMultipleToolCalls = false }, "parallel_tool_calls", "false" },
        { new() { AllowMultipleToolCalls = false }, "parallel_tool_calls", null },
        { new() { AdditionalProperties = new() { ["strict"] = true } }, "strict", null },
        { new() { AllowBackgroundResponses = true }, "background", null },
        {
            new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema), AdditionalProperties = new() { ["strict"] = true } }, "response_format",
            """{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}}"""
        },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public async Task An_option_becomes_its_field(ChatOptions options, string field, string? value)
    {
        using var play = new BridgePlay(BridgePlay.Answer);

        JsonNode? sent = (await play.BodyOfAsync(options))[field];

        JsonNode.DeepEquals(sent, value is null ? null : JsonNode.Parse(value)).Should().BeTrue($"{field} is {sent?.ToJsonString()}");
    }

    [Fact]
    public async Task A_required_mode_is_sent_with_its_tools()
    {
        using var any = new BridgePlay(BridgePlay.Calling("get_random_number", "{}"));
        using var named = new BridgePlay(BridgePlay.Calling("get_random_number", "{}"));

        JsonObject anyBody = await any.BodyOfAsync(new() { Tools = [BridgePlay.RandomNumber], ToolMode = ChatToolMode.RequireAny });
        JsonObject namedBody = await named.BodyOfAsync(new() { Tools = [BridgePlay.RandomNumber], ToolMode = ChatToolMode.RequireSpecific("get_random_number") });

        anyBody["tool_choice"]!.GetValue<string>().Should().Be("required");
        namedBody["tool_choice"]!["function"]!["name"]!.GetValue<string>().Should().Be("get_random_number");
    }

    [Fact]
    public async Task A_function_is_declared_with_its_schema_and_strictness()
    {
        AIFunction strict = AIFunctionFactory.Create((string city) => city, new AIFunctionFactoryOptions
        {
            Name = "get_weather",
            Description = "Weather of a city.",
            AdditionalProperties = new Dictionary<string, object?> { ["strict"] = true },
        });
        using var play = new BridgePlay(BridgePlay.Answer);

        JsonNode tool = (await play.BodyOfAsync(new() { Tools = [strict] }))["tools"]![0]!["function"]!;

        tool["name"]!.GetValue<string>().Should().Be("get_weather");
        tool["description"]!.GetValue<string>().Should().Be("Weather of a city.");
        tool["parameters"]!["required"]!.ToJsonString().Should().Be("""["city"]""");
        tool["strict"]!.GetValue<bool>().Should().BeTrue();
    }

    // What Microsoft.Extensions.AI gives a meaning is no field of the request.
    [Fact]
    public async Task Strictness_of_the_options_is_that_of_functions_that_do_not_say()
    {
        AIFunction lax = AIFunctionFactory.Create((int days) => days, new AIFunctionFactoryOptions
        {
            Name = "lax",
            AdditionalProperties = new Dictionary<string, object?> { ["strict"] = false },
        });
        using var play = new BridgePlay(BridgePlay.Answer);

        JsonObject body = await play.BodyOfAsync(new() { Tools = [BridgePlay.Weather, lax], AdditionalProperties = new() { ["strict"] = true } });

        body["tools"]!.AsArray().Select(tool => tool!["function"]!["strict"]!.GetValue<bool>()).Should().Equal(true, false);
        body.ContainsKey("strict").Should().BeFalse();
    }

    public static TheoryData<ChatOptions, string> Refused => new()
    {
        { new() { Tools = [BridgePlay.RandomNumber, new HostedWebSearchTool()] }, "The tool 'web_search' (HostedWebSearchTool) is run by its provider*" },
        { new() { ConversationId = "conv-1" }, "The conversation 'conv-1' cannot be continued*" },
        { new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) }, "vLLM stores no answers*" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_vllm_cannot_do_is_refused_in_words_before_anything_is_sent(ChatOptions options, string why)
    {
        using var play = new BridgePlay(BridgePlay.Answer);

        await FluentActions.Awaiting(() => play.BodyOfAsync(options)).Should().ThrowAsync<NotSupportedException>().WithMessage(why);

        play.Bodies.Should().BeEmpty();
    }

    [Fact]
    public async Task Nothing_that_was_passed_in_is_changed()
    {
        using var play = new BridgePlay(BridgePlay.Answer);
        ChatOptions options = BridgePlay.WithTools;
        options.AdditionalProperties = new() { ["strict"] = true, ["min_p"] = 0.1 };
        string before = JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions);

        await play.BodyOfAsync(options);

        JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions).Should().Be(before);
    }

    [Fact]
    public async Task Instructions_come_first_and_a_raw_request_before_the_options()
    {
        using var play = new BridgePlay(BridgePlay.Answer);

        JsonObject body = await play.BodyOfAsync(new()
        {
            Instructions = "Be brief.",
            Temperature = 1,
            TopK = 3,
            StopSequences = ["END", "---"],
            AdditionalProperties = new() { ["priority"] = 1, ["cache_salt"] = "a" },
            RawRepresentationFactory = _ => new ChatRequest
            {
                Messages = [],
                Sampling = new() { Temperature = 0, MinTokens = 2, Stop = ["STOP", "END"] },
                Extra = new JsonObject { ["priority"] = 5 },
            },
        });

        body["messages"]![0]!["role"]!.GetValue<string>().Should().Be("system");
        (body["temperature"]!.GetValue<double>(), body["top_k"]!.GetValue<int>(), body["min_tokens"]!.GetValue<int>()).Should().Be((0, 3, 2));
        body["stop"]!.ToJsonString().Should().Be("""["STOP","END","---"]""");
        (body["priority"]!.GetValue<int>(), body["cache_salt"]!.GetValue<string>()).Should().Be((5, "a"));
    }

    [Fact]
    public async Task The_clients_model_stands_between_the_options_and_the_adapters()
    {
        using var play = new BridgePlay(new VllmAdapterOptions { Model = "adapters" }, BridgePlay.Answer);
        ChatMessage[] hello = [new(ChatRole.User, "Hello.")];

        await play.Adapter.AsIChatClient("clients").GetResponseAsync(hello, new ChatOptions { ModelId = "options" });
        await play.Adapter.AsIChatClient("clients").GetResponseAsync(hello);
        await play.Adapter.AsIChatClient().GetResponseAsync(hello);

        play.Bodies.Select(body => body["model"]!.GetValue<string>()).Should().Equal("options", "clients", "adapters");
    }
}
