using System.Text.Encodings.Web;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Fields of a JSON object as they are written, so that they can be copied without being read.</summary>
internal static class RawFields
{
    /// <summary>A reader that has entered an object.</summary>
    /// <exception cref="JsonException">The bytes are not a JSON object.</exception>
    public static Utf8JsonReader InsideObject(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, JsonText.Reading);
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? reader : throw new JsonException("an event is not a JSON object");
    }

    /// <summary>A value that opens with a byte, such as a brace or a quote; empty for any other value.</summary>
    public static ReadOnlySpan<byte> OfKind(ReadOnlySpan<byte> value, byte opensWith) => value[0] == opensWith ? value : default;

    /// <summary>The bytes of the current value, to whose end the reader is moved.</summary>
    public static ReadOnlySpan<byte> ReadRaw(this scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        int start = (int)reader.TokenStartIndex;
        reader.SkipValue();
        return json[start..(int)reader.BytesConsumed];
    }

    /// <summary>Whether a value is a text with something in it.</summary>
    public static bool IsText(ReadOnlySpan<byte> raw) => raw is [(byte)'"', _, .., (byte)'"'];

    /// <summary>Whether a value is a list with something in it.</summary>
    public static bool IsFilledList(ReadOnlySpan<byte> raw) => raw is [(byte)'[', ..] && raw[1..^1].Trim(" \t\r\n"u8).Length > 0;

    /// <summary>What is between the quotes of a text; empty for any other value.</summary>
    public static ReadOnlySpan<byte> Unquoted(ReadOnlySpan<byte> raw) => IsText(raw) ? raw[1..^1] : [];

    /// <summary>A value as a text: a text and null as they are, anything else as the text of its JSON.</summary>
    public static ReadOnlySpan<byte> AsText(ReadOnlySpan<byte> raw) => raw is [] or [(byte)'"', ..] or [(byte)'n', ..]
        ? raw
        : (byte[])[(byte)'"', .. JsonEncodedText.Encode(raw, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];

    /// <summary>A whole number; another value counts as what is given for it.</summary>
    public static int NumberOr(ReadOnlySpan<byte> raw, int otherwise) =>
        System.Buffers.Text.Utf8Parser.TryParse(raw, out int number, out int length) && length == raw.Length ? number : otherwise;

    /// <summary>Goes through a list of objects.</summary>
    public static void ForEachObject(ReadOnlySpan<byte> list, RawElement visit)
    {
        var reader = new Utf8JsonReader(list, JsonText.Reading);
        if (list.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            return;

        for (int place = 0; reader.ReadElement(); place++)
        {
            bool isObject = reader.TokenType == JsonTokenType.StartObject;
            ReadOnlySpan<byte> element = reader.ReadRaw(list);
            if (isObject)
                visit(element, place);
        }
    }
}

/// <summary>Takes over one object of a list.</summary>
internal delegate void RawElement(ReadOnlySpan<byte> element, int place);
