using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads off a body which shape it demands of the answer.</summary>
internal static class AskedFormatReading
{
    /// <summary>The demand, or null for none that can be checked.</summary>
    public static AskedFormat? Of(JsonElement body) =>
        OfStructuredOutputs(body) ?? OfResponseFormat(body) ?? OfGuided(body);

    private static AskedFormat? OfStructuredOutputs(JsonElement body) =>
        RequestEvidenceReading.Field(body, "structured_outputs") is { } outputs
            ? Of("structured_outputs", outputs, json: "json", jsonObject: "json_object", regex: "regex", choice: "choice")
            : null;

    // vLLM 0.8.5 knows these, and servers since 0.12 ignore them without a word.
    private static AskedFormat? OfGuided(JsonElement body) =>
        Of("guided_*", body, json: "guided_json", jsonObject: "guided_json_object", regex: "guided_regex", choice: "guided_choice");

    private static AskedFormat? OfResponseFormat(JsonElement body)
    {
        const string Name = "response_format";
        if (RequestEvidenceReading.Field(body, Name) is not { } format
            || RequestEvidenceReading.Field(format, "type") is not { ValueKind: JsonValueKind.String } type)
        {
            return null;
        }

        return type.GetString() switch
        {
            "json_object" => new AskedFormat { Field = Name, IsJsonObject = true },
            "json_schema" when RequestEvidenceReading.Field(format, "json_schema") is { } named && RequestEvidenceReading.Field(named, "schema") is { } schema =>
                OfSchema(Name, schema),
            _ => null,
        };
    }

    private static AskedFormat? Of(string field, JsonElement from, string json, string jsonObject, string regex, string choice)
    {
        if (RequestEvidenceReading.Field(from, choice) is { ValueKind: JsonValueKind.Array } words)
            return new AskedFormat { Field = field, Choice = [.. words.EnumerateArray().Where(IsText).Select(word => word.GetString()!)] };

        if (RequestEvidenceReading.Field(from, regex) is { } pattern && IsText(pattern))
            return new AskedFormat { Field = field, Regex = pattern.GetString() };

        if (RequestEvidenceReading.Field(from, json) is { } schema)
            return OfSchema(field, schema);

        return RequestEvidenceReading.Field(from, jsonObject)?.ValueKind == JsonValueKind.True ? new AskedFormat { Field = field, IsJsonObject = true } : null;
    }

    // The schema may be the text of one.
    private static AskedFormat? OfSchema(string field, JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Object)
            return new AskedFormat { Field = field, Schema = schema.Clone() };

        if (!IsText(schema))
            return null;

        try
        {
            using JsonDocument document = JsonDocument.Parse(schema.GetString()!, JsonText.Parsing);
            return OfSchema(field, document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement : default);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;
}
