using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>
/// Says in the typed API what a recorded body says. What the API cannot say, or would say differently (dead fields,
/// damaged history), goes through <see cref="ChatRequest.Extra"/>, so that the body built is the recorded one.
/// </summary>
internal static class RecordedRequest
{
    public static ChatRequest FromBody(JsonObject body)
    {
        ChatRequest typed = Typed(body);
        JsonObject built;
        try
        {
            built = Build(typed);
        }
        catch (ArgumentException)
        {
            // Refused on purpose: no messages, or a damaged call in the history.
            typed = typed with { Messages = [] };
            built = Build(typed with { Extra = new() { ["messages"] = null } });
        }

        JsonObject rest = body.Besides(built);

        // A request without the field cannot be built; null is as near as it gets.
        if (typed.Messages.Count == 0 && !rest.ContainsKey("messages"))
            rest["messages"] = null;

        return rest.Count == 0 ? typed : typed with { Extra = rest };
    }

    private static JsonObject Build(ChatRequest request) =>
        JsonNode.Parse(ChatRequestBody.Build(request, null, UsageReporting.None).Utf8)!.AsObject();

    private static ChatRequest Typed(JsonObject body) => new()
    {
        Model = body.Text("model"),
        Messages = RecordedMessages.From(body["messages"]),
        MaxTokens = body.Int("max_tokens"),
        ChoiceCount = body.Int("n"),
        Sampling = Sampling(body),
        Tools = Tools(body["tools"]),
        ToolChoice = ToolChoice(body["tool_choice"]),
        ParallelToolCalls = body.Bool("parallel_tool_calls"),
        Output = RecordedOutput.From(body),
        SendUnchecked = true, // what was recorded was sent, and some of it is known to end a server
        Reasoning = new()
        {
            Effort = body.Text("reasoning_effort") is { } effort ? new ReasoningLevel(effort) : null,
            MaxTokens = body.Int("thinking_token_budget"),
            Include = body.Bool("include_reasoning"),
        },
        Prompt = new()
        {
            TemplateArguments = body.Object("chat_template_kwargs"),
            ChatTemplate = body.Text("chat_template"),
            Documents = body.Objects("documents"),
            ContinueFinalMessage = body.ContainsKey("add_generation_prompt")
                ? body.Bool("continue_final_message")
                : null,
            AddGenerationPrompt = body.Bool("add_generation_prompt"),
            AddSpecialTokens = body.Bool("add_special_tokens"),
            Echo = body.Bool("echo"),
            TruncateTo = body.Long("truncate_prompt_tokens"),
            TruncationSide = body.Text("truncation_side") switch
            {
                "left" => TruncationSide.Left,
                "right" => TruncationSide.Right,
                _ => null,
            },
            TopLogprobs = body.Int("prompt_logprobs"),
            ReturnText = body.Bool("return_prompt_text"),
        },
        Media = new() { Reading = body.Object("media_io_kwargs"), Processing = body.Object("mm_processor_kwargs") },
        Logprobs = body.Bool("logprobs") is not true ? null : new()
        {
            TopLogprobs = body.Int("top_logprobs"),
            TokenIds = body.Ints("logprob_token_ids"),
            TokensAsIds = body.Bool("return_tokens_as_token_ids"),
        },
        Serving = new()
        {
            Priority = body.Long("priority"),
            CacheSalt = body.Text("cache_salt"),
            StreamInterval = body.Int("stream_interval"),
            ReturnTokenIds = body.Bool("return_token_ids"),
            KvTransfer = body.Object("kv_transfer_params"),
            EncoderTransfer = body.Object("ec_transfer_params"),
            PluginArguments = body.Object("vllm_xargs"),
        },
        Stream = body.Bool("stream") is true,
        UsageReporting = Usage(body.Object("stream_options")),
        User = body.Text("user"),
    };

    public static SamplingOptions Sampling(JsonObject body) => new()
    {
        Temperature = body.Number("temperature"),
        TopP = body.Number("top_p"),
        TopK = body.Int("top_k"),
        MinP = body.Number("min_p"),
        FrequencyPenalty = body.Number("frequency_penalty"),
        PresencePenalty = body.Number("presence_penalty"),
        RepetitionPenalty = body.Number("repetition_penalty"),
        RepetitionDetection = body.Object("repetition_detection") is not { } detection ? null : new()
        {
            MaxPatternSize = detection.Int("max_pattern_size"),
            MinPatternSize = detection.Int("min_pattern_size"),
            MinCount = detection.Int("min_count"),
        },
        Seed = body.Long("seed"),
        Stop = body.Texts("stop"),
        StopTokenIds = body.Ints("stop_token_ids"),
        IncludeStopText = body.Bool("include_stop_str_in_output"),
        MinTokens = body.Int("min_tokens"),
        IgnoreEndToken = body.Bool("ignore_eos"),
        LogitBias = LogitBias(body.Object("logit_bias")),
        AllowedTokenIds = body.Ints("allowed_token_ids"),
        BadWords = body.Texts("bad_words"),
        BeamSearch = body.Bool("use_beam_search"),
        LengthPenalty = body.Number("length_penalty"),
        SkipSpecialTokens = body.Bool("skip_special_tokens"),
        SpacesBetweenSpecialTokens = body.Bool("spaces_between_special_tokens"),
        Watermarking = body.Bool("watermarking"),
    };

    private static Dictionary<int, double>? LogitBias(JsonObject? biases) =>
        biases is not null && biases.All(bias => int.TryParse(bias.Key, out _) && biases.Number(bias.Key) is not null)
            ? biases.ToDictionary(bias => int.Parse(bias.Key), bias => biases.Number(bias.Key)!.Value)
            : null;

    private static ToolDefinition[] Tools(JsonNode? tools)
    {
        var functions = (tools as JsonArray ?? []).Select(tool => (tool as JsonObject)?.Object("function")).ToArray();
        return functions.All(function => function?.Text("name") is { Length: > 0 })
            ? [.. functions.Select(function => Tool(function!))]
            : [];
    }

    private static ToolDefinition Tool(JsonObject function)
    {
        var tool = new ToolDefinition(function.Text("name")!, function.Text("description"))
        {
            Strict = function.Bool("strict"),
        };
        return function.Object("parameters") is { } parameters
            ? tool with { Parameters = new ToolDefinition(tool.Name, null, parameters).Parameters }
            : tool;
    }

    private static ToolChoice? ToolChoice(JsonNode? choice) => choice switch
    {
        JsonObject named when named.Object("function")?.Text("name") is { Length: > 0 } name =>
            VllmAdapter.ToolChoice.Named(name),
        JsonValue word when word.TryGetValue(out string? text) && text.Length > 0 => new ToolChoice(text),
        _ => null,
    };

    private static UsageReporting Usage(JsonObject? options) =>
        (options?.Bool("include_usage"), options?.Bool("continuous_usage_stats")) switch
        {
            (true, true) => UsageReporting.Continuous,
            (true, _) => UsageReporting.Final,
            _ => UsageReporting.None,
        };
}
