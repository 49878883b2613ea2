using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>Reads the fields of a body: each if it is there and of that type; null, or an empty list, otherwise.</summary>
internal static class RecordedFields
{
    /// <summary>The fields that another body lacks, or has with another value.</summary>
    public static JsonObject Besides(this JsonObject body, JsonObject other)
    {
        var rest = new JsonObject();
        foreach (var (name, value) in body)
        {
            if (!other.TryGetPropertyValue(name, out JsonNode? same) || !JsonNode.DeepEquals(same, value))
                rest[name] = value?.DeepClone();
        }

        return rest;
    }

    public static string? Text(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static bool? Bool(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    public static int? Int(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out int number) ? number : null;

    public static long? Long(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out long number) ? number : null;

    public static double? Number(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out double number) ? number : null;

    public static JsonObject? Object(this JsonObject json, string name) => json[name] as JsonObject;

    public static JsonObject[] Objects(this JsonObject json, string name) => [.. (json[name] as JsonArray ?? []).OfType<JsonObject>()];

    public static string[] Texts(this JsonObject json, string name) =>
        [.. (json[name] as JsonArray ?? []).OfType<JsonValue>().Select(item => item.ToString())];

    public static int[] Ints(this JsonObject json, string name) => json[name] is JsonArray array
        ? [.. array.OfType<JsonValue>().Select(item => item.TryGetValue(out int number) ? number : -1)]
        : [];
}
