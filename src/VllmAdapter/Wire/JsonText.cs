using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads strings off a server that may send bytes which are not UTF-8, or half a surrogate pair: nothing throws, nothing is lost.</summary>
internal static class JsonText
{
    /// <summary>How deep JSON may nest: schemas and arguments may go deeper than the usual 64, and Python's own limit is near 1,000.</summary>
    public const int MaxDepth = 512;

    // So that the sum of two counts is still a number.
    private const int LargestCount = 1_000_000_000;

    public static JsonReaderOptions Reading { get; } = new() { MaxDepth = MaxDepth };

    public static JsonDocumentOptions Parsing { get; } = new() { MaxDepth = MaxDepth };

    public static string Read(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> value = reader.ValueSpan;
        if (value.IsEmpty)
            return "";

        if (!reader.ValueIsEscaped)
            return Encoding.UTF8.GetString(value);

        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate is kept: its other half may open the next chunk.
            return Unescape(value);
        }
    }

    private static string Unescape(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder(value.Length);
        while (!value.IsEmpty)
        {
            int plain = value.IndexOf((byte)'\\');
            if (plain < 0)
                plain = value.Length;

            text.Append(Encoding.UTF8.GetString(value[..plain]));
            value = value[plain..];
            if (value.IsEmpty)
                break;

            // The reader has checked the escapes' form already.
            if (value[1] == 'u' && Utf8Parser.TryParse(value.Slice(2, 4), out ushort unit, out _, 'x'))
            {
                text.Append((char)unit);
                value = value[6..];
                continue;
            }

            text.Append((char)value[1] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var same => same });
            value = value[2..];
        }

        return text.ToString();
    }

    /// <summary>Reads a number that some servers send as a float or as text; null for anything else, negative or beyond any count.</summary>
    public static int? ReadCount(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetDouble(out double number) && number is >= 0 and <= LargestCount:
                return (int)number;
            case JsonTokenType.String when int.TryParse(Read(ref reader), NumberStyles.None, CultureInfo.InvariantCulture, out int text)
                && text <= LargestCount:
                return text;
            default:
                reader.SkipValue();
                return null;
        }
    }
}
