using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a <see cref="ChatRequest"/> as the body of <c>POST /v1/chat/completions</c>.</summary>
internal static class ChatRequestBody
{
    public static byte[] ToUtf8(JsonObject body) => RequestJson.ToUtf8(body);

    public static JsonObject Build(ChatRequest request, string? defaultModel, UsageReporting defaultUsage)
    {
        var body = new JsonObject();
        body.Put("model", request.Model ?? defaultModel);
        PutMessages(body, request);
        body.Put("max_tokens", request.MaxTokens);
        body.Put("n", request.ChoiceCount);
        PutStream(body, request.Stream, request.UsageReporting ?? defaultUsage);
        PutTools(body, request);
        PutSampling(body, request.Sampling);
        PutReasoningAndTemplate(body, request.Reasoning, request.Prompt);
        request.Output?.WriteTo(body);
        PutPrompt(body, request.Prompt);
        PutMedia(body, request.Media);
        PutLogprobs(body, request.Logprobs);
        PutServing(body, request.Serving);
        body.Put("user", request.User);
        Merge(body, request.Extra, request.Stream);
        RequestCheck.Check(body, request.SendUnchecked);
        if (!request.SendUnchecked)
            ToolsCheck.Check(body);

        return body;
    }

    /// <summary>The model that a finished body names, wherever the name came from.</summary>
    public static string? ModelOf(JsonObject body) =>
        body["model"] is JsonValue model && model.TryGetValue(out string? name) ? name : null;

    private static void PutMessages(JsonObject body, ChatRequest request)
    {
        if (request.Messages is { Count: > 0 } messages)
            body["messages"] = ChatRequestBodyMessages.Write(messages);
        else if (request.Extra?.ContainsKey("messages") is not true)
        {
            throw new ArgumentException(
                "Messages is empty. Add at least one, such as VllmMessage.User(\"...\").", nameof(request));
        }
    }

    // vLLM answers 400 to stream_options in a request that is not streamed.
    public static void PutStream(JsonObject body, bool stream, UsageReporting usage)
    {
        if (!stream)
            return;

        body["stream"] = true;
        if (usage == UsageReporting.Continuous)
            body["stream_options"] = new JsonObject { ["include_usage"] = true, ["continuous_usage_stats"] = true };
        else if (usage == UsageReporting.Final)
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
    }

    public static void PutTools(JsonObject body, ChatRequest request)
    {
        if (request.Tools.Count > 0)
            body["tools"] = new JsonArray([.. request.Tools.Select(Tool)]);
        if (request.ToolChoice is { Value.Length: > 0 } choice)
            body["tool_choice"] = choice.Function is { } function ? Named(function) : choice.Value;
        body.Put("parallel_tool_calls", request.ParallelToolCalls);

        static JsonObject Named(string function) =>
            new() { ["type"] = "function", ["function"] = new JsonObject { ["name"] = function } };
    }

    private static JsonObject Tool(ToolDefinition tool)
    {
        var function = new JsonObject { ["name"] = tool.Name };
        function.Put("description", tool.Description);
        if (tool.Parameters is { } parameters)
        {
            JsonElement schema = JsonSchemaText.ObjectOnly(parameters, $"Parameters of tool '{tool.Name}'");
            function["parameters"] = JsonObject.Create(schema);
        }

        function.Put("strict", tool.Strict);
        return new JsonObject { ["type"] = "function", ["function"] = function };
    }

    public static void PutSampling(JsonObject body, SamplingOptions? sampling)
    {
        if (sampling is null)
            return;

        body.Put("temperature", sampling.Temperature);
        body.Put("top_p", sampling.TopP);
        body.Put("top_k", sampling.TopK);
        body.Put("min_p", sampling.MinP);
        body.Put("frequency_penalty", sampling.FrequencyPenalty);
        body.Put("presence_penalty", sampling.PresencePenalty);
        body.Put("repetition_penalty", sampling.RepetitionPenalty);
        body.Put("repetition_detection", Repetition(sampling.RepetitionDetection));
        body.Put("seed", sampling.Seed);
        body.Put("stop", sampling.Stop);
        body.Put("stop_token_ids", sampling.StopTokenIds);
        body.Put("include_stop_str_in_output", sampling.IncludeStopText);
        body.Put("min_tokens", sampling.MinTokens);
        body.Put("ignore_eos", sampling.IgnoreEndToken);
        body.Put("logit_bias", Bias(sampling.LogitBias));
        body.Put("allowed_token_ids", sampling.AllowedTokenIds);
        body.Put("bad_words", sampling.BadWords);
        body.Put("use_beam_search", sampling.BeamSearch);
        body.Put("length_penalty", sampling.LengthPenalty);
        body.Put("skip_special_tokens", sampling.SkipSpecialTokens);
        body.Put("spaces_between_special_tokens", sampling.SpacesBetweenSpecialTokens);
        body.Put("watermarking", sampling.Watermarking);
    }

    private static JsonObject? Repetition(RepetitionDetection? detection)
    {
        if (detection is null)
            return null;

        var json = new JsonObject();
        json.Put("max_pattern_size", detection.MaxPatternSize);
        json.Put("min_pattern_size", detection.MinPatternSize);
        json.Put("min_count", detection.MinCount);
        return json;
    }

    private static JsonObject? Bias(IReadOnlyDictionary<int, double>? biases)
    {
        if (biases is null)
            return null;

        var json = new JsonObject();
        foreach (var (token, bias) in biases)
            json.Put(token.ToString(), bias, "Sampling.LogitBias");

        return json;
    }

    private static void PutReasoningAndTemplate(JsonObject body, ReasoningSettings? reasoning, PromptOptions? template)
    {
        body.Put("reasoning_effort", reasoning?.Effort?.Value);
        body.Put("thinking_token_budget", reasoning?.MaxTokens);
        body.Put("include_reasoning", reasoning?.Include);

        if (reasoning?.Enabled is not null || template?.TemplateArguments is { Count: > 0 })
            body["chat_template_kwargs"] = TemplateArguments(reasoning, template);

        if (template is null)
            return;

        body.Put("chat_template", template.ChatTemplate);
        body.Put("documents", template.Documents);
        body.Put("continue_final_message", template.ContinueFinalMessage);
        bool? unlessContinued = template.ContinueFinalMessage is true ? false : null;
        body.Put("add_generation_prompt", template.AddGenerationPrompt ?? unlessContinued);
        body.Put("add_special_tokens", template.AddSpecialTokens);
        body.Put("echo", template.Echo);
    }

    private static JsonObject TemplateArguments(ReasoningSettings? reasoning, PromptOptions? template)
    {
        var arguments = new JsonObject();
        arguments.Put("enable_thinking", reasoning?.Enabled);
        foreach (var (name, value) in template?.TemplateArguments ?? [])
            arguments[name] = value?.DeepClone();

        return arguments;
    }

    public static void PutPrompt(JsonObject body, PromptOptions? prompt)
    {
        body.Put("truncate_prompt_tokens", prompt?.TruncateTo);
        body.Put("truncation_side", prompt?.TruncationSide switch
        {
            TruncationSide.Left => "left",
            TruncationSide.Right => "right",
            _ => null,
        });
        body.Put("prompt_logprobs", prompt?.TopLogprobs);
        body.Put("return_prompt_text", prompt?.ReturnText);
    }

    public static void PutMedia(JsonObject body, MediaOptions? media)
    {
        body.Put("media_io_kwargs", media?.Reading);
        body.Put("mm_processor_kwargs", media?.Processing);
    }

    public static void PutLogprobs(JsonObject body, LogprobOptions? logprobs)
    {
        if (logprobs is null)
            return;

        body["logprobs"] = true;
        body.Put("top_logprobs", logprobs.TopLogprobs);
        body.Put("logprob_token_ids", logprobs.TokenIds);
        body.Put("return_tokens_as_token_ids", logprobs.TokensAsIds);
    }

    public static void PutServing(JsonObject body, ServingOptions? serving)
    {
        if (serving is null)
            return;

        body.Put("priority", serving.Priority);
        body.Put("cache_salt", serving.CacheSalt);
        body.Put("stream_interval", serving.StreamInterval);
        body.Put("return_token_ids", serving.ReturnTokenIds);
        body.Put("kv_transfer_params", serving.KvTransfer);
        body.Put("ec_transfer_params", serving.EncoderTransfer);
        body.Put("vllm_xargs", serving.PluginArguments);
    }

    public static void Merge(JsonObject body, JsonObject? extra, bool stream)
    {
        if (extra is null)
            return;

        foreach (var (name, value) in extra)
        {
            if (name == "stream" && IsTrue(value) != stream)
            {
                throw RequestRefusal.Because(
                    $"Extra says \"stream\": {value?.ToJsonString() ?? "null"}, but Stream is {(stream ? "true" : "false")}, "
                    + "and the reply would be misread. Set Stream and leave \"stream\" out of Extra.");
            }

            body[name] = value?.DeepClone();
        }
    }

    private static bool IsTrue(JsonNode? value) => value?.GetValueKind() == JsonValueKind.True;
}
