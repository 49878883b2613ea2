using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads off a finished body what was asked for, so that fields which came by <see cref="ChatRequest.Extra"/> count too.</summary>
internal static class RequestEvidenceReading
{
    public static RequestEvidence Of(JsonElement body, int? contextWindow, int? serverMaxTokens = null) => new()
    {
        // The newer name wins on the server.
        MaxTokens = Number(body, "max_completion_tokens") ?? Number(body, "max_tokens"),
        ContextWindow = contextWindow,
        ServerMaxTokens = serverMaxTokens,
        ChoiceCount = Number(body, "n") ?? 1,
        RequiresCall = Field(body, "tool_choice") is { } choice && Requires(choice),
        HidesReasoning = Flag(body, "include_reasoning") is false,
        IgnoresEndToken = Flag(body, "ignore_eos") is true,
        SkipsSpecialTokens = Flag(body, "skip_special_tokens") is true,
        Format = AskedFormatReading.Of(body),
        Tools = Field(body, "tools") is { ValueKind: JsonValueKind.Array } tools
            ? [.. tools.EnumerateArray().Select(Tool).OfType<ToolSignature>()]
            : [],
    };

    public static JsonElement? Field(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) ? value : null;

    // vLLM's server takes 22.0 and "22" for 22.
    public static int? Number(JsonElement body, string name) => Field(body, name) switch
    {
        { ValueKind: JsonValueKind.Number } number => Whole(JsonFields.Number(number)),
        { ValueKind: JsonValueKind.String } text => Whole(decimal.TryParse(text.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal said) ? said : null),
        _ => null,
    };

    // And "false" or 0 for false.
    private static bool? Flag(JsonElement body, string name) => Field(body, name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when bool.TryParse(text.GetString(), out bool flag) => flag,
        { ValueKind: JsonValueKind.Number } => Number(body, name) switch { 1 => true, 0 => false, _ => null },
        _ => null,
    };

    private static int? Whole(decimal? number) =>
        number is { } value && value == decimal.Truncate(value) && value is >= int.MinValue and <= int.MaxValue ? (int)value : null;

    // A list of allowed tools leaves it to the model whether it calls, unless its mode says otherwise.
    private static bool Requires(JsonElement choice) => choice.ValueKind switch
    {
        JsonValueKind.String => choice.ValueEquals("required"u8),
        JsonValueKind.Object when Field(choice, "type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("allowed_tools"u8) =>
            (Field(choice, "mode") ?? (Field(choice, "allowed_tools") is { } allowed ? Field(allowed, "mode") : null))
                is { ValueKind: JsonValueKind.String } mode && mode.ValueEquals("required"u8),
        JsonValueKind.Object => true,
        _ => false,
    };

    private static ToolSignature? Tool(JsonElement tool) =>
        Field(tool, "function") is { } function && Field(function, "name") is { ValueKind: JsonValueKind.String } name
            ? ToolSignature.From(name.GetString()!, Field(function, "parameters"))
            : null;
}
