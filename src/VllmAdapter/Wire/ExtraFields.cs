using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Keeps the fields of a reply that the library has no property for. Nothing is made where there are none.</summary>
internal sealed class ExtraFields
{
    private Dictionary<string, JsonElement>? _fields;

    /// <summary>Keeps the current value, unless it is null; of a name that is there twice, the last counts.</summary>
    public void Read(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (reader.TokenType != JsonTokenType.Null)
            (_fields ??= new(StringComparer.Ordinal))[Encoding.UTF8.GetString(name)] = JsonElement.ParseValue(ref reader);
    }

    /// <summary>Takes one field out; null if it is not there, or is of another kind.</summary>
    public JsonElement? Take(string name, JsonValueKind kind)
    {
        if (_fields is null || !_fields.TryGetValue(name, out JsonElement value) || value.ValueKind != kind)
            return null;

        _fields.Remove(name);
        return value;
    }

    /// <summary>What was kept; null if nothing was. It is forgotten.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Take()
    {
        Dictionary<string, JsonElement>? fields = _fields;
        _fields = null;
        return fields is { Count: 0 } ? null : fields;
    }

    /// <summary>Forgets what was kept.</summary>
    public void Clear() => _fields = null;

    /// <summary>Both together; of a name that is in both, the later counts.</summary>
    public static IReadOnlyDictionary<string, JsonElement>? Join(
        IReadOnlyDictionary<string, JsonElement>? earlier, IReadOnlyDictionary<string, JsonElement>? later)
    {
        if (earlier is null || later is null || ReferenceEquals(earlier, later))
            return later ?? earlier;

        var both = new Dictionary<string, JsonElement>(earlier, StringComparer.Ordinal);
        foreach ((string name, JsonElement value) in later)
            both[name] = value;

        return both;
    }
}
