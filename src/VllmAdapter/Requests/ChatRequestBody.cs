using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a <see cref="ChatRequest"/> as the body of <c>POST /v1/chat/completions</c>.</summary>
internal static class ChatRequestBody
{
    /// <param name="request">The request.</param>
    /// <param name="defaultModel">The adapter's own model.</param>
    /// <param name="defaultUsage">How usage is reported where the request does not say.</param>
    /// <param name="images">Leaves images out that the server has; null for none.</param>
    /// <returns>The finished body, checked. It is to be disposed.</returns>
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member.</exception>
    public static RequestBody Build(ChatRequest request, string? defaultModel, UsageReporting defaultUsage, ImagesOnce? images = null)
    {
        byte[] utf8 = RequestJson.ToUtf8((request, defaultModel, defaultUsage, images), TextIn(request), static (json, from) => Write(json, from.request, from.defaultModel, from.defaultUsage, from.images));
        var body = new RequestBody(utf8);
        RequestCheck.Check(body.Json, request.SendUnchecked, RequestRules.FaultOf);
        if (!request.SendUnchecked)
            ToolsCheck.Check(body.Json);

        return body;
    }

    /// <summary>The model of a JSON object that is a body; null if it names none.</summary>
    public static string? ModelOf(JsonObject body) =>
        body["model"] is JsonValue model && model.TryGetValue(out string? name) ? name : null;

    private static long TextIn(ChatRequest request) => ChatRequestBodyMessages.TextIn(request.Messages) + RequestJson.TextIn(request.Extra?["messages"]);

    private static void Write(Utf8JsonWriter json, ChatRequest request, string? defaultModel, UsageReporting defaultUsage, ImagesOnce? images)
    {
        var body = new BodyWriter(json, request.Extra, leavesTextFormatOut: !request.SendUnchecked, images);
        json.WriteStartObject();
        body.Put("model", request.Model ?? defaultModel);
        PutMessages(body, request, images);
        body.Put("max_tokens", request.MaxTokens);
        body.Put("n", request.ChoiceCount);
        PutStream(body, request.Stream, request.UsageReporting ?? defaultUsage);
        ToolsBody.Put(body, request);
        PutSampling(body, request.Sampling);
        PutReasoningAndTemplate(body, request.Reasoning, request.Prompt);
        request.Output?.WriteTo(body);
        PutPrompt(body, request.Prompt);
        PutMedia(body, request.Media);
        PutLogprobs(body, request.Logprobs);
        PutServing(body, request.Serving);
        body.Put("user", request.User);
        WriteOwn(body, request.Extra, request.Stream);
        json.WriteEndObject();
    }

    private static void PutMessages(BodyWriter body, ChatRequest request, ImagesOnce? images)
    {
        if (request.Messages is { Count: > 0 } messages)
        {
            if (body.Begin("messages"))
                ChatRequestBodyMessages.Write(body.Json, messages, images);
        }
        else if (request.Extra?.ContainsKey("messages") is not true)
        {
            throw new ArgumentException(
                "Messages is empty. Add at least one, such as VllmMessage.User(\"...\").", nameof(request));
        }
    }

    // vLLM answers 400 to stream_options in a request that is not streamed.
    public static void PutStream(BodyWriter body, bool stream, UsageReporting usage)
    {
        if (!stream)
            return;

        body.Put("stream", true);
        if (usage is not (UsageReporting.Continuous or UsageReporting.Final) || !body.Begin("stream_options"))
            return;

        body.Json.WriteStartObject();
        body.Json.WriteBoolean("include_usage"u8, true);
        if (usage == UsageReporting.Continuous)
            body.Json.WriteBoolean("continuous_usage_stats"u8, true);
        body.Json.WriteEndObject();
    }

    public static void PutSampling(BodyWriter body, SamplingOptions? sampling)
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
        PutRepetition(body, sampling.RepetitionDetection);
        body.Put("seed", sampling.Seed);
        body.Put("stop", sampling.Stop);
        body.Put("stop_token_ids", sampling.StopTokenIds);
        body.Put("include_stop_str_in_output", sampling.IncludeStopText);
        body.Put("min_tokens", sampling.MinTokens);
        body.Put("ignore_eos", sampling.IgnoreEndToken);
        PutBias(body, sampling.LogitBias);
        body.Put("allowed_token_ids", sampling.AllowedTokenIds);
        body.Put("bad_words", sampling.BadWords);
        body.Put("use_beam_search", sampling.BeamSearch);
        body.Put("length_penalty", sampling.LengthPenalty);
        body.Put("skip_special_tokens", sampling.SkipSpecialTokens);
        body.Put("spaces_between_special_tokens", sampling.SpacesBetweenSpecialTokens);
        body.Put("watermarking", sampling.Watermarking);
    }

    private static void PutRepetition(BodyWriter body, RepetitionDetection? detection)
    {
        if (detection is not ({ MaxPatternSize: not null } or { MinPatternSize: not null } or { MinCount: not null }) || !body.Begin("repetition_detection"))
            return;

        var json = new BodyWriter(body.Json);
        body.Json.WriteStartObject();
        json.Put("max_pattern_size", detection.MaxPatternSize);
        json.Put("min_pattern_size", detection.MinPatternSize);
        json.Put("min_count", detection.MinCount);
        body.Json.WriteEndObject();
    }

    private static void PutBias(BodyWriter body, IReadOnlyDictionary<int, double>? biases)
    {
        if (biases is not { Count: > 0 } || !body.Begin("logit_bias"))
            return;

        body.Json.WriteStartObject();
        foreach ((int token, double bias) in biases)
        {
            string name = token.ToString(CultureInfo.InvariantCulture);
            RequestRefusal.ThrowIfNotFinite(bias, name, "Sampling.LogitBias");
            body.Json.WriteNumber(name, bias);
        }

        body.Json.WriteEndObject();
    }

    private static void PutReasoningAndTemplate(BodyWriter body, ReasoningSettings? reasoning, PromptOptions? template)
    {
        body.Put("reasoning_effort", reasoning?.Effort?.Value);
        body.Put("thinking_token_budget", reasoning?.MaxTokens);
        body.Put("include_reasoning", reasoning?.Include);

        PutTemplateArguments(body, reasoning?.Enabled, template?.TemplateArguments);
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

    private static void PutTemplateArguments(BodyWriter body, bool? thinks, JsonObject? own)
    {
        if ((thinks is null && own is not { Count: > 0 }) || !body.Begin("chat_template_kwargs"))
            return;

        var arguments = new BodyWriter(body.Json, own);
        body.Json.WriteStartObject();
        arguments.Put("enable_thinking", thinks);
        arguments.WriteOwn();
        body.Json.WriteEndObject();
    }

    public static void PutPrompt(BodyWriter body, PromptOptions? prompt)
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

    public static void PutMedia(BodyWriter body, MediaOptions? media)
    {
        body.Put("media_io_kwargs", media?.Reading);
        body.Put("mm_processor_kwargs", media?.Processing);
    }

    public static void PutLogprobs(BodyWriter body, LogprobOptions? logprobs)
    {
        if (logprobs is null)
            return;

        body.Put("logprobs", true);
        body.Put("top_logprobs", logprobs.TopLogprobs);
        body.Put("logprob_token_ids", logprobs.TokenIds);
        body.Put("return_tokens_as_token_ids", logprobs.TokensAsIds);
    }

    public static void PutServing(BodyWriter body, ServingOptions? serving)
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

    /// <summary>Writes those of the caller's own fields that outrank nothing, unless one says what the reply would be misread by.</summary>
    public static void WriteOwn(BodyWriter body, JsonObject? extra, bool stream)
    {
        if (extra is not null && extra.TryGetPropertyValue("stream", out JsonNode? own) && (own?.GetValueKind() == JsonValueKind.True) != stream)
        {
            throw RequestRefusal.Because(
                $"Extra says \"stream\": {own?.ToJsonString() ?? "null"}, but Stream is {(stream ? "true" : "false")}, "
                + "and the reply would be misread. Set Stream and leave \"stream\" out of Extra.");
        }

        body.WriteOwn();
    }
}
