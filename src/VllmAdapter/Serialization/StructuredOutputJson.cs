using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// The shape of an answer as it is saved: <c>response_format</c> for JSON with its name and strictness, <c>structured_outputs</c> for everything
/// else, and beside JSON for its options.
/// </summary>
internal static class StructuredOutputJson
{
    private const string Format = "response_format";
    private const string Outputs = "structured_outputs";

    /// <summary>Writes all of it.</summary>
    public static void Write(Utf8JsonWriter json, StructuredOutput output)
    {
        json.WriteStartObject();
        output.SaveTo(new BodyWriter(json));
        json.WriteEndObject();
    }

    /// <summary>Writes what of it is sent.</summary>
    public static void Send(Utf8JsonWriter json, StructuredOutput output)
    {
        json.WriteStartObject();
        output.WriteTo(new BodyWriter(json));
        json.WriteEndObject();
    }

    /// <exception cref="JsonException">There is no known shape.</exception>
    public static StructuredOutput Read(JsonElement json)
    {
        var fields = new SavedFields(json, "");
        return Take(fields) ?? throw new JsonException($"it has neither a {Format} nor {Outputs} of a kind that is known.");
    }

    /// <summary>Takes the two fields, if they hold a shape that is known.</summary>
    public static StructuredOutput? Take(SavedFields fields)
    {
        SavedFields? outputs = Inside(fields, Outputs);
        SavedFields? format = Inside(fields, Format);
        StructuredOutput? output = format is null ? OfOutputs(outputs) : OfFormat(format);
        if (output is null)
            return null;

        fields.Any(Format);
        fields.Any(Outputs);
        return outputs is null ? output : output with
        {
            DisableAnyWhitespace = outputs.Flag("disable_any_whitespace"),
            DisableAdditionalProperties = outputs.Flag("disable_additional_properties"),
            WhitespacePattern = outputs.Text("whitespace_pattern"),
        };
    }

    private static StructuredOutput? OfFormat(SavedFields format)
    {
        switch (format.Text("type"))
        {
            case "json_object":
                return StructuredOutput.JsonObject;
            case "json_schema" when format.Fields("json_schema") is { } schema:
                JsonElement text = schema.Any("schema") ?? throw new JsonException($"{schema.PlaceOf("schema")} is missing.");
                return StructuredOutput.JsonSchema(schema.Text("name") ?? "answer", text, schema.Flag("strict")) with { Description = schema.Text("description") };
            default:
                return null;
        }
    }

    private static StructuredOutput? OfOutputs(SavedFields? outputs) =>
        outputs is null ? null
        : outputs.Any("json") is { ValueKind: JsonValueKind.Object } schema ? StructuredOutput.JsonSchema("answer", schema)
        : outputs.Flag("json_object") is true ? StructuredOutput.JsonObject
        : outputs.Text("regex") is { } regex ? StructuredOutput.Regex(regex)
        : outputs.Texts("choice") is { Count: > 0 } choice ? StructuredOutput.OneOf([.. choice])
        : outputs.Text("grammar") is { } grammar ? StructuredOutput.Grammar(grammar)
        : outputs.Text("structural_tag") is { } tag ? StructuredOutput.StructuralTag(tag)
        : null;

    private static SavedFields? Inside(SavedFields fields, string name) =>
        fields.Left.TryGetValue(name, out JsonElement json) && json.ValueKind == JsonValueKind.Object ? new SavedFields(json, fields.PlaceOf(name)) : null;
}
