using System.Buffers;
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

    private const int ShortEscape = 2;
    private const int LongEscape = 6;
    private const int MostOnStack = 64;
    private const int FewLetters = 16;

    public static JsonReaderOptions Reading { get; } = new() { MaxDepth = MaxDepth };

    public static JsonDocumentOptions Parsing { get; } = new() { MaxDepth = MaxDepth };

    /// <summary>The current text; half a surrogate pair becomes the replacement character.</summary>
    public static string Read(ref Utf8JsonReader reader) => PieceProgress.Whole(ReadPiece(reader.ValueSpan));

    /// <summary>The text inside a checked JSON string. Half a surrogate pair stays half: the other one may open the next piece.</summary>
    public static string ReadPiece(ReadOnlySpan<byte> inside)
    {
        if (inside.IsEmpty)
            return "";

        return inside.Contains((byte)'\\') ? Unescape(inside) : Encoding.UTF8.GetString(inside);
    }

    /// <summary>The length of the escape at the beginning; negative if JSON has no such escape.</summary>
    public static int LengthOfEscape(ReadOnlySpan<byte> json)
    {
        if (json.Length < ShortEscape)
            return -1;

        if (json[1] != 'u')
            return "\"\\/bfnrt"u8.Contains(json[1]) ? ShortEscape : -1;

        return json.Length >= LongEscape && Unit(json) >= 0 ? LongEscape : -1;
    }

    private static string Unescape(ReadOnlySpan<byte> inside)
    {
        char[]? rented = null;
        Span<char> text = inside.Length <= MostOnStack ? stackalloc char[MostOnStack] : rented = ArrayPool<char>.Shared.Rent(inside.Length);
        int length = 0;
        while (true)
        {
            int plain = inside.IndexOf((byte)'\\');
            if (plain != 0)
                length += Decode(plain < 0 ? inside : inside[..plain], text[length..]);

            if (plain < 0)
                break;

            inside = inside[plain..];
            text[length++] = Escaped(inside);
            inside = inside[(inside[1] == 'u' ? LongEscape : ShortEscape)..];
        }

        string read = new(text[..length]);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);

        return read;
    }

    // Between two escapes there are mostly a few letters, for which the decoder is not worth its call.
    private static int Decode(ReadOnlySpan<byte> plain, Span<char> text)
    {
        if (plain.Length > FewLetters)
            return Encoding.UTF8.GetChars(plain, text);

        for (int i = 0; i < plain.Length; i++)
        {
            if (!Ascii.IsValid(plain[i]))
                return i + Encoding.UTF8.GetChars(plain[i..], text[i..]);

            text[i] = (char)plain[i];
        }

        return plain.Length;
    }

    private static char Escaped(ReadOnlySpan<byte> escape)
    {
        switch ((char)escape[1])
        {
            case 'u':
                return (char)Unit(escape);
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            default:
                return (char)escape[1];
        }
    }

    // The code unit of a long escape; negative if its digits are none.
    private static int Unit(ReadOnlySpan<byte> escape) =>
        (Digit(escape[2]) << 12) | (Digit(escape[3]) << 8) | (Digit(escape[4]) << 4) | Digit(escape[5]);

    private static int Digit(byte hex) => hex switch
    {
        >= (byte)'0' and <= (byte)'9' => hex - '0',
        >= (byte)'a' and <= (byte)'f' => hex - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => hex - 'A' + 10,
        _ => -1,
    };

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
