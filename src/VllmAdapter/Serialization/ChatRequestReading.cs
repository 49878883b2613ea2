using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>
/// Reads a request that was saved, the body of one that was sent, or a <c>messages</c> array. Fields that are not known become
/// <see cref="ChatRequest.Extra"/>: a later version may have written them, and the server may know them.
/// </summary>
internal static class ChatRequestReading
{
    /// <exception cref="JsonException">It is none of them; the message names the place.</exception>
    public static ChatRequest Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
            return new ChatRequest { Messages = [.. json.EnumerateArray().Select((message, at) => MessageJson.Read(message, $"[{at}]"))] };

        var fields = new SavedFields(json, "");
        if (!fields.Has("messages"))
            throw new JsonException("messages is missing.");

        SavedFields? own = fields.Fields(ChatRequestJson.Section);
        HashSet<string> empty = new(own?.Texts("empty") ?? [], StringComparer.Ordinal);
        var request = new ChatRequest
        {
            Model = fields.Text("model"),
            Messages = fields.List("messages", MessageJson.Read),
            MaxTokens = fields.Whole("max_tokens"),
            ChoiceCount = fields.Whole("n"),
            Stream = fields.Flag("stream") ?? true,
            Tools = Tools(fields),
            ToolChoice = Choice(fields),
            ParallelToolCalls = fields.Flag("parallel_tool_calls"),
            Sampling = Given(Sampling(fields, empty), "sampling", empty),
            Output = StructuredOutputJson.Take(fields),
            Reasoning = Given(Reasoning(fields, own), "reasoning", empty),
            Prompt = Given(Prompt(fields, empty), "prompt", empty),
            Media = Given(Media(fields, empty), "media", empty),
            Logprobs = Logprobs(fields),
            Serving = Given(Serving(fields, empty), "serving", empty),
            UsageReporting = own is null ? null : SavedWords.Take<UsageReporting>(own, "usage_reporting"),
            OnIncompleteStream = own is null ? null : SavedWords.Take<IncompleteStreamBehavior>(own, "on_incomplete_stream"),
            Recovery = own?.Fields("recovery") is { } recovery ? Recovery(recovery) : null,
            User = fields.Text("user"),
            Headers = own?.Fields("headers") is { } headers ? Headers(headers) : null,
            SendUnchecked = own?.Flag("send_unchecked") ?? false,
        };
        return request with { Extra = Extra(fields, own) };
    }

    // A group of which nothing is set was not set.
    private static T? Given<T>(T group, string name, HashSet<string> empty)
        where T : class, IEquatable<T>, new() => group.Equals(new T()) && !empty.Contains(name) ? null : group;

    private static JsonObject? Object(SavedFields fields, string name, HashSet<string> empty) =>
        fields.Object(name) ?? (empty.Contains(name) ? [] : null);

    // Tools of another kind than functions stay what they are.
    private static IReadOnlyList<ToolDefinition> Tools(SavedFields fields) =>
        fields.Left.TryGetValue("tools", out JsonElement tools) && tools.ValueKind == JsonValueKind.Array && tools.EnumerateArray().All(IsFunction)
            ? fields.List("tools", Tool)
            : [];

    private static bool IsFunction(JsonElement tool) =>
        tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object;

    private static ToolDefinition Tool(JsonElement json, string place)
    {
        SavedFields function = new SavedFields(json, place).Fields("function")!;
        return new ToolDefinition
        {
            Name = function.RequiredText("name"),
            Description = function.Text("description"),
            Parameters = function.Any("parameters")?.Clone(),
            Strict = function.Flag("strict"),
        };
    }

    private static ToolChoice? Choice(SavedFields fields)
    {
        if (!fields.Left.TryGetValue("tool_choice", out JsonElement choice))
            return null;

        if (choice.ValueKind == JsonValueKind.String)
            return fields.Text("tool_choice") is { Length: > 0 } word ? new ToolChoice(word) : null;

        return IsFunction(choice) ? ToolChoice.Named(fields.Fields("tool_choice")!.Fields("function")!.RequiredText("name")) : null;
    }

    private static SamplingOptions Sampling(SavedFields fields, HashSet<string> empty) => new()
    {
        Temperature = fields.Number("temperature"),
        TopP = fields.Number("top_p"),
        TopK = fields.Whole("top_k"),
        MinP = fields.Number("min_p"),
        FrequencyPenalty = fields.Number("frequency_penalty"),
        PresencePenalty = fields.Number("presence_penalty"),
        RepetitionPenalty = fields.Number("repetition_penalty"),
        RepetitionDetection = fields.Fields("repetition_detection") is { } detection
            ? new RepetitionDetection
            {
                MaxPatternSize = detection.Whole("max_pattern_size"),
                MinPatternSize = detection.Whole("min_pattern_size"),
                MinCount = detection.Whole("min_count"),
            }
            : empty.Contains("repetition_detection") ? new() : null,
        Seed = fields.Long("seed"),
        Stop = Stop(fields),
        StopTokenIds = fields.Wholes("stop_token_ids"),
        IncludeStopText = fields.Flag("include_stop_str_in_output"),
        MinTokens = fields.Whole("min_tokens"),
        IgnoreEndToken = fields.Flag("ignore_eos"),
        LogitBias = Bias(fields) ?? (empty.Contains("logit_bias") ? new Dictionary<int, double>() : null),
        AllowedTokenIds = fields.Wholes("allowed_token_ids"),
        BadWords = fields.Texts("bad_words"),
        BeamSearch = fields.Flag("use_beam_search"),
        LengthPenalty = fields.Number("length_penalty"),
        SkipSpecialTokens = fields.Flag("skip_special_tokens"),
        SpacesBetweenSpecialTokens = fields.Flag("spaces_between_special_tokens"),
        Watermarking = fields.Flag("watermarking"),
    };

    // The format allows one text as well.
    private static IReadOnlyList<string> Stop(SavedFields fields) =>
        fields.Left.TryGetValue("stop", out JsonElement stop) && stop.ValueKind == JsonValueKind.String ? [fields.Text("stop")!] : fields.Texts("stop");

    private static Dictionary<int, double>? Bias(SavedFields fields)
    {
        if (fields.Map("logit_bias") is not { } map)
            return null;

        Dictionary<int, double> biases = [];
        foreach ((string token, JsonElement bias) in map)
        {
            if (!int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id))
                throw new JsonException($"logit_bias.{token} is not named by the id of a token.");
            biases[id] = bias.ValueKind == JsonValueKind.Number ? bias.GetDouble() : throw SavedFields.Misfit($"logit_bias.{token}", bias, "a number");
        }

        return biases;
    }

    private static ReasoningSettings Reasoning(SavedFields fields, SavedFields? own) => new()
    {
        Effort = fields.Text("reasoning_effort") is { } effort ? new ReasoningLevel(effort) : null,
        MaxTokens = fields.Whole("thinking_token_budget"),
        Include = fields.Flag("include_reasoning"),
        Enabled = own?.Flag("enable_thinking"),
    };

    private static PromptOptions Prompt(SavedFields fields, HashSet<string> empty) => new()
    {
        TemplateArguments = Object(fields, "chat_template_kwargs", empty),
        ChatTemplate = fields.Text("chat_template"),
        Documents = fields.List("documents", static (json, place) =>
            json.ValueKind == JsonValueKind.Object ? JsonObject.Create(json.Clone())! : throw SavedFields.Misfit(place, json, "an object")),
        ContinueFinalMessage = fields.Flag("continue_final_message"),
        AddGenerationPrompt = fields.Flag("add_generation_prompt"),
        AddSpecialTokens = fields.Flag("add_special_tokens"),
        Echo = fields.Flag("echo"),
        TruncateTo = fields.Long("truncate_prompt_tokens"),
        TruncationSide = SavedWords.Take<TruncationSide>(fields, "truncation_side"),
        TopLogprobs = fields.Whole("prompt_logprobs"),
        ReturnText = fields.Flag("return_prompt_text"),
    };

    private static MediaOptions Media(SavedFields fields, HashSet<string> empty) => new()
    {
        Reading = Object(fields, "media_io_kwargs", empty),
        Processing = Object(fields, "mm_processor_kwargs", empty),
    };

    private static LogprobOptions? Logprobs(SavedFields fields) => fields.Flag("logprobs") is not true ? null : new LogprobOptions
    {
        TopLogprobs = fields.Whole("top_logprobs"),
        TokenIds = fields.Wholes("logprob_token_ids"),
        TokensAsIds = fields.Flag("return_tokens_as_token_ids"),
    };

    private static ServingOptions Serving(SavedFields fields, HashSet<string> empty) => new()
    {
        Priority = fields.Long("priority"),
        CacheSalt = fields.Text("cache_salt"),
        StreamInterval = fields.Whole("stream_interval"),
        ReturnTokenIds = fields.Flag("return_token_ids"),
        KvTransfer = Object(fields, "kv_transfer_params", empty),
        EncoderTransfer = Object(fields, "ec_transfer_params", empty),
        PluginArguments = Object(fields, "vllm_xargs", empty),
    };

    private static StreamRecovery Recovery(SavedFields recovery) => recovery.Flag("ask_whole") is true
        ? StreamRecovery.AskWhole()
        : recovery.Whole("continuations") is > 0 and var attempts
            ? StreamRecovery.Continue(attempts)
            : throw new JsonException($"{recovery.PlaceOf("continuations")} is not 1 or more.");

    private static RequestHeaders Headers(SavedFields headers) => new()
    {
        RequestId = headers.Text("request_id"),
        Session = headers.Text("session"),
        Priority = headers.Long("priority"),
        DataParallelRank = headers.Whole("data_parallel_rank"),
        Additional = headers.Fields("additional") is { } more
            ? more.Left.Keys.ToArray().ToDictionary(static name => name, more.RequiredText, StringComparer.Ordinal)
            : null,
    };

    private static JsonObject? Extra(SavedFields fields, SavedFields? own)
    {
        JsonObject? extra = own?.Object("extra");
        foreach ((string name, JsonElement value) in fields.Left)
        {
            extra ??= [];
            if (!extra.ContainsKey(name))
                extra[name] = JsonNode.Parse(value.GetRawText(), documentOptions: JsonText.Parsing);
        }

        return extra;
    }
}
