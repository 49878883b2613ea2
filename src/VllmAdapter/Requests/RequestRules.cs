using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>
/// What every vLLM from 0.8.5 to 0.33.0 refuses, recorded at seven of them. What one of them takes, or ignores, is the server's to judge, and so is
/// what hangs on the model or on the server's own settings (its vocabulary, its pictures, its max-logprobs).
/// </summary>
internal static class RequestRules
{
    private static readonly string[] Formats = ["text", "json_object", "json_schema", "structural_tag"];

    private static readonly string[] SchemaTypes = ["string", "number", "integer", "boolean", "object", "array", "null"];

    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_tokens", "MaxTokens", "a whole number, 1 or more", 1),
        NumberRange.Whole("n", "ChoiceCount", "a whole number, 1 or more", 1),
        NumberRange.Whole("min_tokens", "Sampling.MinTokens", "a whole number, 0 or more", 0),
        NumberRange.Whole("top_k", "Sampling.TopK", "a whole number, 1 or more, or 0 or -1 for no limit", -1),
        NumberRange.Whole("seed", "Sampling.Seed", "a whole number of 64 bits", long.MinValue, long.MaxValue),
        NumberRange.Whole("truncate_prompt_tokens", "Prompt.TruncateTo", "a whole number, 1 or more, or -1 for the context window", decimal.MinValue) with { Except = 0 },
        new("temperature", "Sampling.Temperature", "a number, 0 or more", 0, decimal.MaxValue),
        new("top_p", "Sampling.TopP", "a number above 0, at most 1", 0, 1, IsOpen: true),
        new("min_p", "Sampling.MinP", "a number from 0 to 1", 0, 1),
        new("frequency_penalty", "Sampling.FrequencyPenalty", "a number from -2 to 2", -2, 2),
        new("presence_penalty", "Sampling.PresencePenalty", "a number from -2 to 2", -2, 2),
        new("repetition_penalty", "Sampling.RepetitionPenalty", "a number above 0", 0, decimal.MaxValue, IsOpen: true),
    ];

    private static readonly Func<JsonObject, string?>[] Rules =
    [
        MessageRules.FaultOf, MinTokens, Stop, Bias, Logprobs, Streaming, Continuing, Tools, ToolChoice, Format,
    ];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonObject body) =>
        Ranges.Select(range => range.FaultOf(body)).Concat(Rules.Select(rule => rule(body))).FirstOrDefault(fault => fault is not null);

    private static string? MinTokens(JsonObject body) =>
        NumberOf(body["min_tokens"]) is { } least && NumberOf(body["max_tokens"]) is { } most && least > most && body["max_completion_tokens"] is null
            ? string.Create(CultureInfo.InvariantCulture, $"Sampling.MinTokens (min_tokens) must be at most MaxTokens (max_tokens), {most}, but is {least}")
            : null;

    private static string? Stop(JsonObject body)
    {
        JsonNode? stop = body["stop"];
        return TextOf(stop) is "" || (stop as JsonArray ?? []).Any(text => TextOf(text) is "")
            ? "Sampling.Stop (stop) must be texts of at least one character, but one is empty"
            : null;
    }

    private static string? Bias(JsonObject body)
    {
        string? odd = (body["logit_bias"] as JsonObject)?.Select(bias => bias.Key).FirstOrDefault(token => !IsTokenId(token));
        return odd is null ? null : $"Sampling.LogitBias (logit_bias) must have token ids, 0 or more, for its keys, but one is \"{odd}\"";
    }

    // Python reads blanks around a number, and underscores in it, as well.
    private static bool IsTokenId(string token) =>
        BigInteger.TryParse(token.Replace("_", "", StringComparison.Ordinal), NumberStyles.Integer, CultureInfo.InvariantCulture, out BigInteger id) && id >= 0;

    private static string? Logprobs(JsonObject body)
    {
        if (NumberOf(body["logprobs"]) is { } number and not (0 or 1))
            return string.Create(CultureInfo.InvariantCulture, $"logprobs must be true or false, but is {number}: set Logprobs, how many go to Logprobs.TopLogprobs (top_logprobs)");

        bool isAsked = body["logprobs"] is { } asked && asked.GetValueKind() != JsonValueKind.False;
        return NumberOf(body["top_logprobs"]) > 0 && !isAsked
            ? "top_logprobs must come with logprobs: set Logprobs, whose TopLogprobs writes both"
            : null;
    }

    private static string? Streaming(JsonObject body)
    {
        bool streams = body["stream"] is { } stream && stream.GetValueKind() == JsonValueKind.True;
        if (!streams && body["stream_options"] is not null)
            return "stream_options must be left out where Stream is false";
        return streams && NumberOf(body["prompt_logprobs"]) is > 0 or -1
            ? "Prompt.TopLogprobs (prompt_logprobs) must be left out where Stream is true: they come with a whole reply only, so set Stream to false"
            : null;
    }

    private static string? Continuing(JsonObject body) =>
        body["continue_final_message"]?.GetValueKind() == JsonValueKind.True && body["add_generation_prompt"]?.GetValueKind() != JsonValueKind.False
            ? "Prompt.ContinueFinalMessage (continue_final_message) must come with Prompt.AddGenerationPrompt (add_generation_prompt) false: a message is continued or a new one begun"
            : null;

    private static string? Tools(JsonObject body) =>
        (body["tools"] as JsonArray)?.Select(tool => TextOf((tool as JsonObject)?["type"])).FirstOrDefault(type => type is not (null or "function")) is { } kind
            ? $"Tools (tools) must be of type \"function\", but one is \"{kind}\""
            : null;

    private static string? ToolChoice(JsonObject body)
    {
        JsonNode? choice = body["tool_choice"];
        if (choice is null || TextOf(choice) == "none")
            return null;
        if (body["tools"] is not { } tools)
            return $"ToolChoice (tool_choice) must come with Tools, but is {choice.ToJsonString()} without any";
        if (choice is not JsonObject named)
            return null;

        string? name = TextOf((named["function"] as JsonObject)?["name"]);
        string[] known = [.. (tools as JsonArray ?? []).Select(tool => TextOf(((tool as JsonObject)?["function"] as JsonObject)?["name"])).OfType<string>()];
        return name is not null && known.Contains(name)
            ? null
            : $"ToolChoice (tool_choice) must name one of Tools ({string.Join(", ", known)}), but is {(name is null ? choice.ToJsonString() : $"\"{name}\"")}";
    }

    private static string? Format(JsonObject body)
    {
        if (body["response_format"] is not JsonObject format)
            return null;
        string? type = TextOf(format["type"]);
        if (!Formats.Contains(type))
            return $"Output (response_format) must be of type {string.Join(", ", Formats)}, but is {format["type"]?.ToJsonString() ?? "of none"}";
        if (type != "json_schema")
            return null;
        return format["json_schema"] is null
            ? "Output (response_format) of type json_schema must come with a json_schema"
            : UnknownType((format["json_schema"] as JsonObject)?["schema"]) is { } unknown
                ? $"Output (response_format) must have a schema of the types {string.Join(", ", SchemaTypes)}, but one is \"{unknown}\""
                : null;
    }

    // Only what a server surely looks at: definitions that nothing refers to, it never reads.
    private static string? UnknownType(JsonNode? schema)
    {
        if (schema is not JsonObject shape)
            return null;
        if (TextOf(shape["type"]) is { } type && !SchemaTypes.Contains(type))
            return type;
        IEnumerable<JsonNode?> inner = (shape["properties"] as JsonObject)?.Select(property => property.Value) ?? [];
        return inner.Append(shape["items"]).Select(UnknownType).FirstOrDefault(unknown => unknown is not null);
    }

    private static decimal? NumberOf(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number
        && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    private static string? TextOf(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? said) ? said : null;
}
