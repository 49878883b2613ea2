using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>What the text of a call's arguments is, judged by itself.</summary>
internal enum ArgumentsText
{
    Empty = 1,
    Open,
    Malformed,
    NotAnObject,
    Object,
}

internal static class ArgumentsTextReading
{
    public static ArgumentsText Read(string arguments)
    {
        ReadOnlySpan<char> text = arguments.AsSpan().Trim();
        if (text.IsEmpty)
            return ArgumentsText.Empty;

        byte[] utf8 = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int length = Encoding.UTF8.GetBytes(text, utf8);
        bool isObject = text[0] == '{';
        try
        {
            // As a block that is not the last one, a cut value is not an error: that tells "open" from "malformed".
            var reader = new Utf8JsonReader(utf8.AsSpan(0, length), isFinalBlock: false, state: default);
            while (reader.Read() && !(reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)))
            {
            }

            bool atTopLevel = reader.CurrentDepth == 0
                && reader.TokenType is not (JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.StartArray);
            if (!atTopLevel)
                return IsWholeScalar(utf8.AsSpan(0, length)) ? ArgumentsText.NotAnObject : ArgumentsText.Open;

            if (reader.BytesConsumed < length)
                return ArgumentsText.Malformed;

            return isObject ? ArgumentsText.Object : ArgumentsText.NotAnObject;
        }
        catch (JsonException)
        {
            return ArgumentsText.Malformed;
        }
    }

    // A number alone ends only with the text.
    private static bool IsWholeScalar(ReadOnlySpan<byte> utf8)
    {
        if (utf8[0] is (byte)'{' or (byte)'[')
            return false;

        try
        {
            var reader = new Utf8JsonReader(utf8);
            return reader.Read() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
