namespace VllmAdapter;

/// <summary>Parts the server's own words from what it repeats of the request.</summary>
/// <remarks>
/// vLLM's validation errors print the rejected request with all its messages: an error sentence in there was written
/// by the user, and no user's text belongs into the message of an exception.
/// </remarks>
internal static class ServerWords
{
    private const string Finding = "{'type': '";

    /// <summary>The words before anything that is repeated.</summary>
    public static string Own(string? message)
    {
        int finding = message?.IndexOf(Finding, StringComparison.Ordinal) ?? -1;
        return finding < 0 ? message ?? "" : message![..finding].TrimEnd('[');
    }

    /// <summary>One bounded line to quote: a validation error's first finding, or else the message itself.</summary>
    public static string? Quote(string? message, int limit)
    {
        string own = Own(message);
        string said = own.Length < message?.Length ? FirstFinding(message[own.Length..]) ?? own : own;
        return Excerpt.Cut(Excerpt.Fold(said), limit) is { Length: > 0 } quote ? quote : null;
    }

    // A Python dict: {'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required', 'input': ...
    private static string? FirstFinding(string text)
    {
        const string Loc = "'loc': ", Msg = ", 'msg': ";
        int loc = text.IndexOf(Loc, StringComparison.Ordinal);
        int msg = text.IndexOf(Msg, StringComparison.Ordinal);
        if (loc < 0 || msg < loc || PythonString(text.AsSpan(msg + Msg.Length)) is not { } said)
        {
            return null;
        }

        // 0.11.0 writes the path as a tuple, 0.32.0 as one string; "body" alone is the whole request.
        string[] path = text[(loc + Loc.Length)..msg].Split(", ");
        string where = string.Join('.', path.Select(part => part.Trim('(', ')', ',', '\'')));
        return where == "body" ? said : $"{where}: {said}";
    }

    // Python chooses the quotes by the text, and escapes its own.
    private static string? PythonString(ReadOnlySpan<char> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == text[0])
            {
                return text[1..i].ToString().Replace("\\'", "'", StringComparison.Ordinal);
            }

            i += text[i] == '\\' ? 1 : 0;
        }

        return null;
    }
}
