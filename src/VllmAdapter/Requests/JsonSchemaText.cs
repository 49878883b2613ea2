using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

// A schema is kept as a JsonElement: it is immutable, so one definition can serve many requests at once.
internal static class JsonSchemaText
{
    public static JsonElement Parse(string schema, string parameter)
    {
        ArgumentNullException.ThrowIfNull(schema, parameter);
        try
        {
            using JsonDocument document = JsonDocument.Parse(schema, JsonText.Parsing);
            return ObjectOnly(document.RootElement.Clone(), parameter);
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"The schema is not JSON: {error.Message}", parameter, error);
        }
    }

    public static JsonElement From(JsonNode schema, string parameter)
    {
        ArgumentNullException.ThrowIfNull(schema, parameter);
        return Parse(schema.ToJsonString(), parameter);
    }

    public static JsonElement ObjectOnly(JsonElement schema, string parameter) =>
        schema.ValueKind == JsonValueKind.Object
            ? schema
            : throw new ArgumentException(
                $"The schema is a JSON {schema.ValueKind}, not an object. "
                + "Pass a JSON schema such as {\"type\": \"object\"}.",
                parameter);
}
