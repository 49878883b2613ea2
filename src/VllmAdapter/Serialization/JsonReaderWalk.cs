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
}
