using System.Text.Json;

namespace VllmAdapter;

/// <summary>Finds the end of the JSON value at the front of some bytes, whatever follows it.</summary>
internal static class JsonFront
{
    /// <returns>The length up to the value's end; 0 if more bytes are needed to tell; null if it is no JSON.</returns>
    public static int? LengthOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, isFinalBlock: false, new JsonReaderState(JsonText.Reading));
            return reader.Read() && reader.TrySkip() ? (int)reader.BytesConsumed : 0;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
