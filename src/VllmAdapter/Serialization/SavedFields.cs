using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>The fields of a JSON object that is read back. A field that is read is taken, so that what nobody knows is left.</summary>
internal sealed class SavedFields
{
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly string _place;

    /// <param name="json">What should be an object.</param>
    /// <param name="place">Where it stands, for sentences: "messages[2]"; "" is the whole.</param>
    /// <exception cref="JsonException">It is no object.</exception>
    public SavedFields(JsonElement json, string place)
    {
        _place = place;
        if (json.ValueKind != JsonValueKind.Object)
            throw Misfit(place.Length == 0 ? "it" : place, json, "an object");

        foreach (JsonProperty field in json.EnumerateObject())
            _left[field.Name] = field.Value;
    }

    public bool Has(string name) => _left.ContainsKey(name);

    /// <summary>The field whatever it is; null if it is missing or null.</summary>
    public JsonElement? Any(string name) => _left.Remove(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Read(name, "a text", static json => json.ValueKind == JsonValueKind.String ? json.GetString() : null);

    public string RequiredText(string name) => Text(name) ?? throw new JsonException($"{PlaceOf(name)} is missing.");

    public bool? Flag(string name) => ReadValue<bool>(name, "true or false", static json => json.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    });

    public int? Whole(string name) =>
        ReadValue<int>(name, "a whole number", static json => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out int number) ? number : null);

    public long? Long(string name) =>
        ReadValue<long>(name, "a whole number", static json => json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out long number) ? number : null);

    public double? Number(string name) =>
        ReadValue<double>(name, "a number", static json => json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double number) ? number : null);

    public JsonObject? Object(string name) =>
        Read(name, "an object", static json => json.ValueKind == JsonValueKind.Object ? JsonObject.Create(json.Clone()) : null);

    public SavedFields? Fields(string name) => Any(name) is { } json ? new SavedFields(json, PlaceOf(name)) : null;

    /// <summary>The items of a list, read one by one with their places; none if it is missing.</summary>
    public IReadOnlyList<T> List<T>(string name, Func<JsonElement, string, T> read)
    {
        if (Any(name) is not { } list)
            return [];

        if (list.ValueKind != JsonValueKind.Array)
            throw Misfit(PlaceOf(name), list, "a list");

        return [.. list.EnumerateArray().Select((item, at) => read(item, $"{PlaceOf(name)}[{at}]"))];
    }

    public IReadOnlyList<string> Texts(string name) => List(name, static (item, place) =>
        item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Misfit(place, item, "a text"));

    public IReadOnlyList<int> Wholes(string name) => List(name, static (item, place) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number) ? number : throw Misfit(place, item, "a whole number"));

    public IReadOnlyDictionary<string, JsonElement>? Map(string name)
    {
        if (Any(name) is not { } json)
            return null;

        return json.ValueKind == JsonValueKind.Object
            ? json.EnumerateObject().ToDictionary(static field => field.Name, static field => field.Value, StringComparer.Ordinal)
            : throw Misfit(PlaceOf(name), json, "an object");
    }

    /// <summary>What nobody has taken.</summary>
    public IReadOnlyDictionary<string, JsonElement> Left => _left;

    public string PlaceOf(string name) => _place.Length == 0 ? name : $"{_place}.{name}";

    public static JsonException Misfit(string place, JsonElement json, string expected) => new($"{place} is {Kind(json)}, not {expected}.");

    private T? Read<T>(string name, string expected, Func<JsonElement, T?> read)
        where T : class => Any(name) is { } json ? read(json) ?? throw Misfit(PlaceOf(name), json, expected) : null;

    private T? ReadValue<T>(string name, string expected, Func<JsonElement, T?> read)
        where T : struct => Any(name) is { } json ? read(json) ?? throw Misfit(PlaceOf(name), json, expected) : null;

    private static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "the number " + json.GetRawText(),
        JsonValueKind.Null => "null",
        _ => json.GetRawText(),
    };
}
