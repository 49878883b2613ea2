using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Looks at the fields of JSON that may have any shape. A field that says null counts as one that is not there.</summary>
internal static class JsonFields
{
    public static JsonElement? At(this JsonElement json, ReadOnlySpan<byte> name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) ? ButNull(value) : null;

    public static JsonElement? At(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) ? ButNull(value) : null;

    public static JsonElement? ObjectAt(this JsonElement json, ReadOnlySpan<byte> name) =>
        json.At(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static JsonElement? ListAt(this JsonElement json, ReadOnlySpan<byte> name) =>
        json.At(name) is { ValueKind: JsonValueKind.Array } value ? value : null;

    public static string? TextAt(this JsonElement json, ReadOnlySpan<byte> name) => Text(json.At(name));

    public static decimal? NumberAt(this JsonElement json, ReadOnlySpan<byte> name) => Number(json.At(name));

    public static bool IsTrueAt(this JsonElement json, ReadOnlySpan<byte> name) => json.At(name)?.ValueKind == JsonValueKind.True;

    public static string? Text(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>The number; null for anything else, and for one beyond what a decimal holds.</summary>
    public static decimal? Number(JsonElement? value) => value is { ValueKind: JsonValueKind.Number } number
        && decimal.TryParse(JsonMarshal.GetRawUtf8Value(number), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact) ? exact : null;

    /// <summary>Whether it is this text.</summary>
    public static bool Says(this JsonElement? value, ReadOnlySpan<byte> text) => value is { ValueKind: JsonValueKind.String } said && said.ValueEquals(text);

    /// <summary>Writes a field as it was written elsewhere; nothing if there is none.</summary>
    public static void Copy(this Utf8JsonWriter json, ReadOnlySpan<byte> name, JsonElement? value)
    {
        if (value is not { } said)
            return;

        json.WritePropertyName(name);
        said.WriteTo(json);
    }

    private static JsonElement? ButNull(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value;
}
