using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Reads JSON whose shape nobody vouches for: what is absent or of another kind is null.</summary>
internal static class LooseJson
{
    /// <summary>Reads a text as Python does: of a name that is there twice, the last counts.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonNode? Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return NodeOf(document.RootElement);
    }

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            node = (node as JsonObject)?[name];
        return node;
    }

    public static IEnumerable<JsonNode?> Items(this JsonNode? node) => node as JsonArray ?? [];

    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static double? Number(this JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue(out double number) ? number : null;

    public static int? Count(this JsonNode? node) => (int?)node.Number();

    public static bool? Flag(this JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static JsonNode? NodeOf(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (JsonProperty member in element.EnumerateObject())
                    members[member.Name] = NodeOf(member.Value);
                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(NodeOf)]);
            default:
                return JsonValue.Create(element.Clone());
        }
    }
}
