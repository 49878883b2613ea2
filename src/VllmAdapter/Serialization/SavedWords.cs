using System.Text.Json;

namespace VllmAdapter;

/// <summary>Settings of ours as they are saved: by name, in snake_case.</summary>
internal static class SavedWords
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <exception cref="JsonException">The word is none of them.</exception>
    public static T? Take<T>(SavedFields fields, string name)
        where T : struct, Enum
    {
        if (fields.Text(name) is not { } word)
            return null;

        foreach (T value in Enum.GetValues<T>())
        {
            if (Of(value) == word)
                return value;
        }

        throw new JsonException($"{fields.PlaceOf(name)} is '{word}', not one of {string.Join(", ", Enum.GetValues<T>().Select(Of))}.");
    }
}
