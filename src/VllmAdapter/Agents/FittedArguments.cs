using System.Buffers;
using System.Globalization;
using System.Text.Json;
using static VllmAdapter.Agents.SchemaNode;

namespace VllmAdapter.Agents;

/// <summary>
/// Arguments as JSON Schema means them, where readers are stricter: 3.0 is the integer 3 (mlx-lm#1627), and null for what may be left out
/// stands for leaving it out (ZenRows/zenrows-mcp#23). Everything else stays as it came.
/// </summary>
internal sealed class FittedArguments
{
    private const int MaxDepth = 512;
    private const int MaxDigits = 40;

    private readonly JsonElement _root;
    private bool _hasChanged;

    private FittedArguments(JsonElement root) => _root = root;

    /// <exception cref="JsonException">They hold half a surrogate pair.</exception>
    public static JsonElement Of(JsonElement arguments, JsonElement schema)
    {
        var fitted = new FittedArguments(schema);
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using (var writer = new Utf8JsonWriter(buffer))
                fitted.Write(writer, arguments, schema);
        }
        catch (InvalidOperationException half)
        {
            throw new JsonException("The arguments contain half a surrogate pair, which is not text.", half);
        }

        if (!fitted._hasChanged)
            return arguments;

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory, new JsonDocumentOptions { MaxDepth = MaxDepth });
        return document.RootElement.Clone();
    }

    private void Write(Utf8JsonWriter writer, JsonElement value, JsonElement? unresolved)
    {
        JsonElement? schema = Resolved(_root, unresolved);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(writer, value, schema);
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                    Write(writer, item, Member(schema, "items"));
                writer.WriteEndArray();
                break;

            case JsonValueKind.Number when IsOf(schema, "integer") && !IsOf(schema, "number") && Integer(value.GetRawText()) is { } plain:
                _hasChanged = true;
                writer.WriteRawValue(plain);
                break;

            default:
                value.WriteTo(writer);
                break;
        }
    }

    private void WriteObject(Utf8JsonWriter writer, JsonElement value, JsonElement? schema)
    {
        writer.WriteStartObject();
        JsonElement? properties = Member(schema, "properties");
        foreach (JsonProperty property in value.EnumerateObject())
        {
            JsonElement? own = Member(properties, property.Name) ?? Member(schema, "additionalProperties");
            if (property.Value.ValueKind == JsonValueKind.Null && MayBeLeftOut(schema, property.Name, Resolved(_root, Member(properties, property.Name))))
            {
                _hasChanged = true;
                continue;
            }

            writer.WritePropertyName(property.Name);
            Write(writer, property.Value, own);
        }

        writer.WriteEndObject();
    }

    private static bool MayBeLeftOut(JsonElement? schema, string name, JsonElement? property) =>
        ForbidsNull(property)
        && !(Member(schema, "required") is { ValueKind: JsonValueKind.Array } required && required.EnumerateArray().Any(item => IsText(item, name)));

    private static bool ForbidsNull(JsonElement? property) => Member(property, "type") is not null
        ? !IsOf(property, "null")
        : Member(property, "enum") is { ValueKind: JsonValueKind.Array } allowed && allowed.EnumerateArray().All(each => each.ValueKind != JsonValueKind.Null);

    // By its digits, so that nothing is rounded: null if it is an integer's text already, or no integer.
    private static string? Integer(string number)
    {
        int exponentAt = number.AsSpan().IndexOfAny('e', 'E');
        ReadOnlySpan<char> mantissa = exponentAt < 0 ? number : number.AsSpan(0, exponentAt);
        int exponent = 0;
        if ((exponentAt < 0 && !mantissa.Contains('.'))
            || (exponentAt >= 0 && !int.TryParse(number.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)))
        {
            return null;
        }

        string sign = mantissa[0] == '-' ? "-" : "";
        mantissa = mantissa[sign.Length..];
        int pointAt = mantissa.IndexOf('.');
        string digits = string.Concat(mantissa[..(pointAt < 0 ? mantissa.Length : pointAt)], pointAt < 0 ? "" : mantissa[(pointAt + 1)..]);
        long whole = (pointAt < 0 ? mantissa.Length : pointAt) + (long)exponent;
        if (digits.AsSpan().IndexOfAnyExcept('0') < 0)
            return "0";

        if (whole is < 1 or > MaxDigits || digits.Length > MaxDigits || (whole < digits.Length && digits.AsSpan((int)whole).ContainsAnyExcept('0')))
            return null;

        string plain = (whole < digits.Length ? digits[..(int)whole] : digits.PadRight((int)whole, '0')).TrimStart('0');
        return plain.Length == 0 ? null : sign + plain;
    }
}
