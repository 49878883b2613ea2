using System.Globalization;
using System.Text.Json;

namespace VllmAdapter.Agents;

/// <summary>Reads JSON schemas, whatever stands in them: null where something else stands than is looked for.</summary>
internal static class SchemaNode
{
    public static JsonElement? Member(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(name, out JsonElement member) ? member : null;

    public static bool IsOf(JsonElement? schema, string type) => Member(schema, "type") switch
    {
        { ValueKind: JsonValueKind.String } only => only.ValueEquals(type),
        { ValueKind: JsonValueKind.Array } several => several.EnumerateArray().Any(item => IsText(item, type)),
        _ => false,
    };

    public static bool IsText(JsonElement element, string text) => element.ValueKind == JsonValueKind.String && element.ValueEquals(text);

    // "#/properties/tree/items": what a recursive type says of itself. A reference to a reference may go in a circle.
    public static JsonElement? Resolved(JsonElement root, JsonElement? schema)
    {
        for (int hops = 0; hops < 8 && Member(schema, "$ref") is { ValueKind: JsonValueKind.String } reference; hops++)
        {
            if (reference.GetString() is not ['#', ..] path)
                return schema;

            schema = path[1..].Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate((JsonElement?)root, Step);
        }

        return schema;

        static JsonElement? Step(JsonElement? at, string name) =>
            at is { ValueKind: JsonValueKind.Array } list
                ? int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int i) && i < list.GetArrayLength() ? list[i] : null
                : Member(at, name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
    }
}
