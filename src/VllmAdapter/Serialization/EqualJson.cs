using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>A JSON object that is equal to another if it says the same: what makes records that hold one equal.</summary>
internal readonly struct EqualJson(JsonObject? json) : IEquatable<EqualJson>
{
    public JsonObject? Json => json;

    public bool Equals(EqualJson other) => JsonNode.DeepEquals(Json, other.Json);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is EqualJson other && Equals(other);

    // Numbers are equal however they are written, so only the size is the same for equal ones.
    public override int GetHashCode() => Json?.Count ?? -1;

    public static bool AreEqual(JsonElement? one, JsonElement? other) => (one, other) switch
    {
        (null, null) => true,
        ({ ValueKind: JsonValueKind.Undefined }, { ValueKind: JsonValueKind.Undefined }) => true,
        ({ ValueKind: not JsonValueKind.Undefined } first, { ValueKind: not JsonValueKind.Undefined } second) => JsonElement.DeepEquals(first, second),
        _ => false,
    };
}

/// <summary>Compares JSON objects by what they say.</summary>
internal sealed class JsonComparer : IEqualityComparer<JsonObject>
{
    public static JsonComparer Instance { get; } = new();

    public bool Equals(JsonObject? x, JsonObject? y) => new EqualJson(x).Equals(new EqualJson(y));

    public int GetHashCode(JsonObject obj) => new EqualJson(obj).GetHashCode();
}
