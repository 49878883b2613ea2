using System.Text.Json;

namespace VllmAdapter;

/// <summary>Steps of a walk over JSON that is known to be a block which may be cut: every step that finds no more bytes says so by throwing.</summary>
internal static class JsonReaderWalk
{
    /// <summary>Goes to the value of the field just named.</summary>
    public static void ReadValue(this ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            throw Cut();
    }

    /// <summary>Goes to the next field's name, or past the end of the object.</summary>
    public static bool ReadField(this ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            throw Cut();

        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Goes to the next element, or past the end of the array.</summary>
    public static bool ReadElement(this ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            throw Cut();

        return reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Goes to the end of the current value.</summary>
    public static void SkipValue(this ref Utf8JsonReader reader)
    {
        if (!reader.TrySkip())
            throw Cut();
    }

    private static JsonException Cut() => new("An event that ends in the middle of its JSON.");
}
