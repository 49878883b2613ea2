using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Values of any type as JSON, by the serializer that Microsoft.Extensions.AI shares.</summary>
internal static class JsonValues
{
    public static JsonNode? ToNode(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        _ => JsonSerializer.SerializeToNode(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType())),
    };

    public static JsonObject ToObject(IEnumerable<KeyValuePair<string, object?>>? values)
    {
        var json = new JsonObject();
        foreach ((string name, object? value) in values ?? [])
            json[name] = ToNode(value);

        return json;
    }
}
