using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Of <see cref="RequestRules"/> those that hold wherever the model writes: how tokens are drawn, what stops them, and what shape they have.</summary>
internal static class SamplingRules
{
    private static readonly string[] Formats = ["text", "json_object", "json_schema", "structural_tag"];

    private static readonly string[] SchemaTypes = ["string", "number", "integer", "boolean", "object", "array", "null"];

    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("n", "ChoiceCount", "a whole number, 1 or more", 1),
        NumberRange.Whole("min_tokens", "Sampling.MinTokens", "a whole number, 0 or more", 0),
        NumberRange.Whole("top_k", "Sampling.TopK", "a whole number, 1 or more, or 0 or -1 for no limit", -1),
        NumberRange.Whole("seed", "Sampling.Seed", "a whole number of 64 bits", long.MinValue, long.MaxValue),
        new("temperature", "Sampling.Temperature", "a number, 0 or more", 0, decimal.MaxValue),
        new("top_p", "Sampling.TopP", "a number above 0, at most 1", 0, 1, IsOpen: true),
        new("min_p", "Sampling.MinP", "a number from 0 to 1", 0, 1),
        new("frequency_penalty", "Sampling.FrequencyPenalty", "a number from -2 to 2", -2, 2),
        new("presence_penalty", "Sampling.PresencePenalty", "a number from -2 to 2", -2, 2),
        new("repetition_penalty", "Sampling.RepetitionPenalty", "a number above 0", 0, decimal.MaxValue, IsOpen: true),
    ];

    private static readonly Func<JsonObject, string?>[] Rules = [MinTokens, Stop, Bias, Format];

    /// <inheritdoc cref="RequestRules.FaultOf"/>
    public static string? FaultOf(JsonObject body) => NumberRange.FirstFault(body, Ranges) ?? RequestRules.FirstFault(body, Rules);

    private static string? MinTokens(JsonObject body) =>
        NumberOf(body["min_tokens"]) is { } least && NumberOf(body["max_tokens"]) is { } most && least > most && body["max_completion_tokens"] is null
            ? string.Create(CultureInfo.InvariantCulture, $"Sampling.MinTokens (min_tokens) must be at most MaxTokens (max_tokens), {most}, but is {least}")
            : null;

    private static string? Stop(JsonObject body)
    {
        JsonNode? stop = body["stop"];
        return TextOf(stop) is "" || (stop as JsonArray)?.Any(static text => TextOf(text) is "") is true
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

    public static decimal? NumberOf(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number
        && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    public static string? TextOf(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? said) ? said : null;
}
