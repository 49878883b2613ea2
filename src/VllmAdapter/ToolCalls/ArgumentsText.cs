using System.Buffers;
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
        ArgumentsText read = Read(Encoding.UTF8.GetBytes(arguments));
        return read == ArgumentsText.Object && !IsText(arguments) ? ArgumentsText.Malformed : read;
    }

    public static ArgumentsText Read(ReadOnlySpan<byte> utf8)
    {
        utf8 = utf8.Trim(" \t\r\n"u8);
        if (utf8.IsEmpty)
            return ArgumentsText.Empty;

        try
        {
            // As a block that is not the last one, a cut value is not an error: that tells "open" from "malformed".
            var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(JsonText.Reading));
            if (!reader.Read())
                return IsWholeScalar(utf8) ? ArgumentsText.NotAnObject : ArgumentsText.Open;

            bool isObject = reader.TokenType == JsonTokenType.StartObject;
            if (!reader.TrySkip())
                return ArgumentsText.Open;

            return reader.BytesConsumed < utf8.Length ? ArgumentsText.Malformed
                : isObject ? ArgumentsText.Object
                : ArgumentsText.NotAnObject;
        }
        catch (JsonException)
        {
            return ArgumentsText.Malformed;
        }
    }

    // Half a surrogate pair, unescaped, is no character: such text can neither be parsed nor sent back.
    private static bool IsText(ReadOnlySpan<char> arguments)
    {
        while (!arguments.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(arguments, out _, out int length) != OperationStatus.Done)
                return false;

            arguments = arguments[length..];
        }

        return true;
    }

    // A number alone ends only with the text.
    private static bool IsWholeScalar(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            return reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
