using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads and writes what users save: requests, messages, outcomes.</summary>
internal static class SavedJson
{
    // Two values under one name: nobody can tell which one was meant.
    private static readonly JsonDocumentOptions Parsing = new() { MaxDepth = JsonText.MaxDepth, AllowDuplicateProperties = false };

    /// <param name="json">The text. Half of a surrogate pair, which is not text, becomes the replacement character.</param>
    /// <param name="what">What the text should be, for the sentence: "a saved request".</param>
    /// <param name="read">Reads it; what it keeps has to be cloned.</param>
    /// <exception cref="JsonException">The text is not JSON, or not that.</exception>
    public static T Read<T>(string json, string what, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(SurrogateHalves.ReplacedIn(json), Parsing);
            return read(document.RootElement);
        }
        catch (Exception misfit) when (misfit is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new JsonException($"This is not {what}: {misfit.Message}", misfit);
        }
    }
}
