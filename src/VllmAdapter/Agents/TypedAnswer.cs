using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>Reads the text of an answer into a type.</summary>
internal static class TypedAnswer
{
    /// <returns>Why it does not fit; null if it does.</returns>
    public static JsonException? Misfit<T>(string text, JsonTypeInfo<T> type, out T? value)
    {
        value = default;
        try
        {
            value = JsonSerializer.Deserialize(text, type);
            return value is null ? new JsonException($"The answer cannot be read as {typeof(T).Name}: it is null.") : null;
        }
        catch (Exception misfit) when (misfit is JsonException or NotSupportedException)
        {
            return new JsonException($"The answer cannot be read as {typeof(T).Name}: {misfit.Message}", misfit);
        }
    }
}
