using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

public class ChatRequestBodyTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello");

    public static TheoryData<string, ChatRequest> Members => new()
    {
        { """{"model": "granite"}""", Hello with { Model = "granite" } },
        { """{"max_tokens": 512}""", Hello with { MaxTokens = 512 } },
        { """{"n": 2}""", Hello with { ChoiceCount = 2 } },
        { """{"user": "u-1"}""", Hello with { User = "u-1" } },
        { """{"parallel_tool_calls": false}""", Hello with { ParallelToolCalls = false } },

        { """{"temperature": 0}""", Sampled(new() { Temperature = 0 }) },
        { """{"top_p": 0.9}""", Sampled(new() { TopP = 0.9 }) },
        { """{"top_k": 40}""", Sampled(new() { TopK = 40 }) },
        { """{"min_p": 0.05}""", Sampled(new() { MinP = 0.05 }) },
        { """{"frequency_penalty": -1.5}""", Sampled(new() { FrequencyPenalty = -1.5 }) },
        { """{"presence_penalty": 0.5}""", Sampled(new() { PresencePenalty = 0.5 }) },
        { """{"repetition_penalty": 1.1}""", Sampled(new() { RepetitionPenalty = 1.1 }) },
        {
            """{"repetition_detection": {"max_pattern_size": 4, "min_pattern_size": 1, "min_count": 3}}""",
            Sampled(new() { RepetitionDetection = new() { MaxPatternSize = 4, MinPatternSize = 1, MinCount = 3 } })
        },
        { """{"seed": -9223372036854775808}""", Sampled(new() { Seed = long.MinValue }) },
        { """{"stop": ["\n\n", "END"]}""", Sampled(new() { Stop = ["\n\n", "END"] }) },
        { """{"stop_token_ids": [1, 2]}""", Sampled(new() { StopTokenIds = [1, 2] }) },
        { """{"include_stop_str_in_output": true}""", Sampled(new() { IncludeStopText = true }) },
        { """{"min_tokens": 3}""", Sampled(new() { MinTokens = 3 }) },
        { """{"ignore_eos": true}""", Sampled(new() { IgnoreEndToken = true }) },
        {
            """{"logit_bias": {"5": 1.5, "7": -100}}""",
            Sampled(new() { LogitBias = new Dictionary<int, double> { [5] = 1.5, [7] = -100 } })
        },
        { """{"allowed_token_ids": [3, 4]}""", Sampled(new() { AllowedTokenIds = [3, 4] }) },
        { """{"bad_words": ["zzz"]}""", Sampled(new() { BadWords = ["zzz"] }) },
        { """{"use_beam_search": true}""", Sampled(new() { BeamSearch = true }) },
        { """{"length_penalty": 0.8}""", Sampled(new() { LengthPenalty = 0.8 }) },
        { """{"skip_special_tokens": false}""", Sampled(new() { SkipSpecialTokens = false }) },
        { """{"spaces_between_special_tokens": false}""", Sampled(new() { SpacesBetweenSpecialTokens = false }) },
        { """{"watermarking": true}""", Sampled(new() { Watermarking = true }) },

        { """{"tools": [{"type": "function", "function": {"name": "roll"}}]}""", Hello with { Tools = [new("roll")] } },
        {
            """
            {"tools": [{"type": "function", "function": {"name": "roll", "description": "Rolls.",
                "parameters": {"type": "object", "properties": {}}, "strict": true}}]}
            """,
            Hello with { Tools = [new("roll", "Rolls.", """{"type": "object", "properties": {}}""") { Strict = true }] }
        },
        { """{"tool_choice": "auto"}""", Hello with { ToolChoice = ToolChoice.Auto } },
        { """{"tool_choice": "none"}""", Hello with { ToolChoice = ToolChoice.None } },
        { """{"tool_choice": "required"}""", Hello with { ToolChoice = ToolChoice.Required } },
        { """{"tool_choice": "sometimes"}""", Hello with { ToolChoice = new ToolChoice("sometimes") } },
        {
            """{"tool_choice": {"type": "function", "function": {"name": "roll"}}}""",
            Hello with { ToolChoice = ToolChoice.Named("roll") }
        },

        { """{"response_format": {"type": "json_object"}}""", Hello with { Output = StructuredOutput.JsonObject } },
        {
            """{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}}""",
            Hello with { Output = StructuredOutput.JsonSchema("n", """{"type": "object"}""") }
        },
        {
            """{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}}}""",
            Hello with { Output = StructuredOutput.JsonSchema("n", new JsonObject { ["type"] = "object" }, strict: true) }
        },
        {
            """{"structured_outputs": {"regex": "[a-c]{3}"}}""",
            Hello with { Output = StructuredOutput.Regex("[a-c]{3}") }
        },
        {
            """{"structured_outputs": {"choice": ["red", "blue"]}}""",
            Hello with { Output = StructuredOutput.OneOf("red", "blue") }
        },
        {
            """{"structured_outputs": {"grammar": "root ::= \"a\""}}""",
            Hello with { Output = StructuredOutput.Grammar("root ::= \"a\"") }
        },
        {
            """{"structured_outputs": {"structural_tag": "{}"}}""",
            Hello with { Output = StructuredOutput.StructuralTag("{}") }
        },
        {
            """{"structured_outputs": {"json": {"type": "object"}, "disable_any_whitespace": true}}""",
            Hello with { Output = StructuredOutput.JsonSchema("n", """{"type": "object"}""") with { DisableAnyWhitespace = true } }
        },
        {
            """{"structured_outputs": {"json_object": true, "disable_additional_properties": false}}""",
            Hello with { Output = StructuredOutput.JsonObject with { DisableAdditionalProperties = false } }
        },
        {
            """{"structured_outputs": {"json_object": true, "whitespace_pattern": "[ ]?"}}""",
            Hello with { Output = StructuredOutput.JsonObject with { WhitespacePattern = "[ ]?" } }
        },

        { """{"reasoning_effort": "none"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.None } } },
        { """{"reasoning_effort": "minimal"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.Minimal } } },
        { """{"reasoning_effort": "low"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.Low } } },
        { """{"reasoning_effort": "medium"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.Medium } } },
        { """{"reasoning_effort": "high"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.High } } },
        { """{"reasoning_effort": "xhigh"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.ExtraHigh } } },
        { """{"reasoning_effort": "max"}""", Hello with { Reasoning = new() { Effort = ReasoningLevel.Max } } },
        {
            """{"reasoning_effort": "heroic"}""",
            Hello with { Reasoning = new() { Effort = new ReasoningLevel("heroic") } }
        },
        { """{"thinking_token_budget": 0}""", Hello with { Reasoning = new() { MaxTokens = 0 } } },
        { """{"include_reasoning": false}""", Hello with { Reasoning = new() { Include = false } } },
        {
            """{"chat_template_kwargs": {"enable_thinking": false}}""",
            Hello with { Reasoning = new() { Enabled = false } }
        },

        {
            """{"chat_template_kwargs": {"tone": "dry"}}""",
            Templated(new() { TemplateArguments = new() { ["tone"] = "dry" } })
        },
        { """{"chat_template": "{{ messages }}"}""", Templated(new() { ChatTemplate = "{{ messages }}" }) },
        {
            """{"documents": [{"title": "t", "text": "x"}]}""",
            Templated(new() { Documents = [new() { ["title"] = "t", ["text"] = "x" }] })
        },
        { """{"add_generation_prompt": false}""", Templated(new() { AddGenerationPrompt = false }) },
        { """{"continue_final_message": false}""", Templated(new() { ContinueFinalMessage = false }) },
        { """{"add_special_tokens": true}""", Templated(new() { AddSpecialTokens = true }) },
        { """{"echo": true}""", Templated(new() { Echo = true }) },

        { """{"truncate_prompt_tokens": -1}""", Hello with { Prompt = new() { TruncateTo = -1 } } },
        { """{"truncation_side": "left"}""", Hello with { Prompt = new() { TruncationSide = TruncationSide.Left } } },
        { """{"truncation_side": "right"}""", Hello with { Prompt = new() { TruncationSide = TruncationSide.Right } } },
        { """{"prompt_logprobs": 1}""", Hello with { Prompt = new() { TopLogprobs = 1 } } },
        { """{"return_prompt_text": true}""", Hello with { Prompt = new() { ReturnText = true } } },

        {
            """{"media_io_kwargs": {"video": {"num_frames": 16}}}""",
            Hello with { Media = new() { Reading = new() { ["video"] = new JsonObject { ["num_frames"] = 16 } } } }
        },
        {
            """{"mm_processor_kwargs": {"fps": 2}}""",
            Hello with { Media = new() { Processing = new() { ["fps"] = 2 } } }
        },

        { """{"logprobs": true}""", Hello with { Logprobs = new() } },
        { """{"logprobs": true, "top_logprobs": 2}""", Hello with { Logprobs = new() { TopLogprobs = 2 } } },
        { """{"logprobs": true, "logprob_token_ids": [9]}""", Hello with { Logprobs = new() { TokenIds = [9] } } },
        {
            """{"logprobs": true, "return_tokens_as_token_ids": true}""",
            Hello with { Logprobs = new() { TokensAsIds = true } }
        },

        { """{"priority": -3}""", Hello with { Serving = new() { Priority = -3 } } },
        { """{"cache_salt": "s"}""", Hello with { Serving = new() { CacheSalt = "s" } } },
        { """{"stream_interval": 4}""", Hello with { Serving = new() { StreamInterval = 4 } } },
        { """{"return_token_ids": true}""", Hello with { Serving = new() { ReturnTokenIds = true } } },
        {
            """{"kv_transfer_params": {"do_remote_decode": true}}""",
            Hello with { Serving = new() { KvTransfer = new() { ["do_remote_decode"] = true } } }
        },
        {
            """{"ec_transfer_params": {"a": 1}}""",
            Hello with { Serving = new() { EncoderTransfer = new() { ["a"] = 1 } } }
        },
        {
            """{"vllm_xargs": {"a": [1, 2]}}""",
            Hello with { Serving = new() { PluginArguments = new() { ["a"] = new JsonArray(1, 2) } } }
        },
    };

    [Theory]
    [MemberData(nameof(Members), DisableDiscoveryEnumeration = true)]
    public void A_member_that_is_set_is_sent_and_nothing_else(string fragment, ChatRequest request)
    {
        var expected = JsonNode.Parse("""{"messages": [{"role": "user", "content": "Hello"}], "stream": true}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(fragment)!.AsObject())
            expected[name] = value?.DeepClone();

        // Alone, a tool choice or a wish for the prompt's log probabilities is nothing that a server takes.
        (request with { SendUnchecked = true }).Body().ShouldBeJson(expected);
    }

    [Fact]
    public void Groups_that_say_nothing_and_empty_lists_are_left_out()
    {
        var request = Hello with
        {
            Tools = [],
            Sampling = new() { Stop = [], LogitBias = new Dictionary<int, double>(), RepetitionDetection = new() },
            Reasoning = new(),
            Prompt = new() { TemplateArguments = [], Documents = [] },
            Media = new(),
            Serving = new() { KvTransfer = [] },
            ToolChoice = default(ToolChoice),
            Extra = [],
        };

        request.Body().ShouldBeJson("""{"messages": [{"role": "user", "content": "Hello"}], "stream": true}""");
    }

    [Theory]
    [InlineData(null, "default")]
    [InlineData("mine", "mine")]
    public void The_model_of_the_request_goes_before_the_default_one(string? own, string sent) =>
        ((string?)(Hello with { Model = own }).Body(model: "default")["model"]).Should().Be(sent);

    [Theory]
    [InlineData(null, UsageReporting.Continuous, """{"include_usage": true, "continuous_usage_stats": true}""")]
    [InlineData(null, UsageReporting.Final, """{"include_usage": true}""")]
    [InlineData(null, UsageReporting.None, null)]
    [InlineData(UsageReporting.Continuous, UsageReporting.None, """{"include_usage": true, "continuous_usage_stats": true}""")]
    [InlineData(UsageReporting.Final, UsageReporting.Continuous, """{"include_usage": true}""")]
    [InlineData(UsageReporting.None, UsageReporting.Continuous, null)]
    public void A_streamed_reply_reports_usage_as_the_request_says_or_else_as_the_default(
        UsageReporting? own, UsageReporting preset, string? options)
    {
        JsonObject body = (Hello with { UsageReporting = own }).Body(usage: preset);

        body["stream"].ShouldBeJson("true");
        body["stream_options"].ShouldBeJson(options ?? "null");
        body.ContainsKey("stream_options").Should().Be(options is not null);
    }

    [Fact]
    public void A_whole_reply_has_no_stream_options_for_vLLM_refuses_them() =>
        (Hello with { Stream = false, UsageReporting = UsageReporting.Continuous }).Body(usage: UsageReporting.Continuous)
            .ShouldBeJson("""{"messages": [{"role": "user", "content": "Hello"}]}""");

    [Fact]
    public void The_user_s_own_template_arguments_outrank_the_reasoning_switch()
    {
        var request = Hello with
        {
            Reasoning = new() { Enabled = true },
            Prompt = new() { TemplateArguments = new() { ["enable_thinking"] = false, ["tone"] = "dry" } },
        };

        request.Body()["chat_template_kwargs"].ShouldBeJson("""{"enable_thinking": false, "tone": "dry"}""");
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(true, true)]
    public void Continuing_the_last_message_switches_the_generation_prompt_off_unless_it_is_set(bool? set, bool sent)
    {
        JsonObject body = (Templated(new() { ContinueFinalMessage = true, AddGenerationPrompt = set }) with { SendUnchecked = set is true }).Body();

        ((bool?)body["continue_final_message"]).Should().BeTrue();
        ((bool?)body["add_generation_prompt"]).Should().Be(sent);
    }

    [Fact]
    public void A_request_can_be_built_twice_and_its_own_objects_stay_free()
    {
        var extra = new JsonObject { ["a"] = new JsonObject { ["b"] = 1 } };
        var request = new ChatRequest
        {
            Messages = [VllmMessage.User(ContentPart.Raw(new() { ["type"] = "image_embeds" }))],
            Prompt = new() { TemplateArguments = new() { ["x"] = new JsonArray(1) }, Documents = [new() { ["text"] = "x" }] },
            Serving = new() { KvTransfer = new() { ["a"] = 1 } },
            Extra = extra,
        };
        JsonObject first = request.Body();

        request.Body().ShouldBeJson(first);
        extra["a"]!.Parent.Should().BeSameAs(extra);
    }

    [Fact]
    public void Text_of_every_script_travels_unescaped_without_a_byte_order_mark_and_half_a_surrogate_does_no_harm()
    {
        string json = Encoding.UTF8.GetString(
            ChatRequestBody.Build(ChatRequest.FromPrompt("<ä> 漢字 + \ud83d 'q'"), null, UsageReporting.None).Utf8);

        json.Should().StartWith("{").And.Contain("<ä> 漢字 + \\uFFFD 'q'");
    }

    [Fact]
    public void Schemas_may_nest_deeper_than_the_serializer_s_usual_64()
    {
        var deep = new JsonObject();
        for (int i = 0; i < 200; i++)
            deep = new JsonObject { ["x"] = deep };

        FluentActions.Invoking(() => ChatRequestBody.Build(Hello with { Extra = new() { ["deep"] = deep } }, null, UsageReporting.None)).Should().NotThrow();
    }

    private static ChatRequest Sampled(SamplingOptions sampling) => Hello with { Sampling = sampling };

    private static ChatRequest Templated(PromptOptions template) => Hello with { Prompt = template };
}
