using System.Globalization;
using System.Numerics;
using System.Text.Json;

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

    private static readonly Func<JsonElement, string?>[] Rules = [MinTokens, Stop, Bias, Format];

    /// <inheritdoc cref="RequestRules.FaultOf"/>
    public static string? FaultOf(JsonElement body) => NumberRange.FirstFault(body, Ranges) ?? RequestRules.FirstFault(body, Rules);

    private static string? MinTokens(JsonElement body) =>
        body.NumberAt("min_tokens"u8) is { } least && body.NumberAt("max_tokens"u8) is { } most && least > most && body.At("max_completion_tokens"u8) is null
            ? string.Create(CultureInfo.InvariantCulture, $"Sampling.MinTokens (min_tokens) must be at most MaxTokens (max_tokens), {most}, but is {least}")
            : null;

    private static string? Stop(JsonElement body)
    {
        JsonElement? stop = body.At("stop"u8);
        return stop.Says(""u8) || (stop is { ValueKind: JsonValueKind.Array } texts && texts.EnumerateArray().Any(static text => JsonFields.Says(text, ""u8)))
            ? "Sampling.Stop (stop) must be texts of at least one character, but one is empty"
            : null;
    }

    private static string? Bias(JsonElement body)
    {
        string? odd = body.ObjectAt("logit_bias"u8) is { } biases ? biases.EnumerateObject().Select(static bias => bias.Name).FirstOrDefault(static token => !IsTokenId(token)) : null;
        return odd is null ? null : $"Sampling.LogitBias (logit_bias) must have token ids, 0 or more, for its keys, but one is \"{odd}\"";
    }

    // Python reads blanks around a number, and underscores in it, as well.
    private static bool IsTokenId(string token) =>
        BigInteger.TryParse(token.Replace("_", "", StringComparison.Ordinal), NumberStyles.Integer, CultureInfo.InvariantCulture, out BigInteger id) && id >= 0;

    private static string? Format(JsonElement body)
    {
        if (body.ObjectAt("response_format"u8) is not { } format)
            return null;
        string? type = format.TextAt("type"u8);
        if (!Formats.Contains(type))
            return $"Output (response_format) must be of type {string.Join(", ", Formats)}, but is {format.At("type"u8)?.GetRawText() ?? "of none"}";
        if (type != "json_schema")
            return null;
        return format.At("json_schema"u8) is not { } named
            ? "Output (response_format) of type json_schema must come with a json_schema"
            : UnknownType(named.At("schema"u8)) is { } unknown
                ? $"Output (response_format) must have a schema of the types {string.Join(", ", SchemaTypes)}, but one is \"{unknown}\""
                : null;
    }

    // Only what a server surely looks at: definitions that nothing refers to, it never reads.
    private static string? UnknownType(JsonElement? schema)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } shape)
            return null;
        if (shape.TextAt("type"u8) is { } type && !SchemaTypes.Contains(type))
            return type;
        if (shape.ObjectAt("properties"u8) is { } properties)
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                if (UnknownType(property.Value) is { } unknown)
                    return unknown;
            }
        }

        return UnknownType(shape.At("items"u8));
    }
}
