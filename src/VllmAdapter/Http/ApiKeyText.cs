namespace VllmAdapter;

/// <summary>Says why a key cannot be sent, without showing it.</summary>
internal static class ApiKeyText
{
    /// <summary>What is wrong with the key, to follow its name and to be followed by the end of the sentence; null if nothing is.</summary>
    public static string? ProblemOf(string key) => key switch
    {
        "" => "is empty; leave it null for none",
        _ when key.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) => "begins with \"Bearer\", which is added automatically; leave it out",
        _ when key[^1] is '\n' or '\r' => "ends with a line break, as text from a file does; trim it",
        _ when char.IsWhiteSpace(key[0]) || char.IsWhiteSpace(key[^1]) => "begins or ends with white space; trim it",
        _ when key.AsSpan().ContainsAnyExceptInRange('!', '~') => "must consist of visible ASCII characters, without white space; leave it null for none",
        _ => null,
    };
}
