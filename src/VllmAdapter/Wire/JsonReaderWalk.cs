using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Steps of a walk over one JSON value; bytes that end before it does make the reader throw.</summary>
internal static class JsonReaderWalk
{
    /// <summary>Goes to the next field's name, or past the end of the object.</summary>
    public static bool ReadField(this ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Goes to the next element, or past the end of the array.</summary>
    public static bool ReadElement(this ref Utf8JsonReader reader) => reader.Read() && reader.TokenType != JsonTokenType.EndArray;

    /// <summary>Goes to the end of the current value.</summary>
    public static void SkipValue(this ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            reader.Skip();
    }

    /// <summary>The current field's name.</summary>
    public static ReadOnlySpan<byte> FieldName(this ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Read(ref reader)) : reader.ValueSpan;

    /// <summary>The whole numbers of a list, without whatever else is in it; null if there is no list.</summary>
    public static List<int>? ReadNumbers(this ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.SkipValue();
            return null;
        }

        List<int> numbers = [];
        while (reader.ReadElement())
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number))
                numbers.Add(number);
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double real) && real == (int)real)
                numbers.Add((int)real);
            else
                reader.SkipValue();
        }

        return numbers;
    }
}
