namespace VllmAdapter;

/// <summary>
/// Looks for what no regular expression may have in any dialect: vLLM 0.8.5 ends on a guided_regex that does not compile. What one dialect takes
/// is the server's to judge.
/// </summary>
internal static class RegexCheck
{
    /// <summary>What is wrong with the pattern; null if some dialect takes it.</summary>
    public static string? FaultOf(string pattern)
    {
        // In the free-spacing mode a comment may hold anything.
        if (HasFreeSpacing(pattern))
            return null;

        // Dialects differ in what a bracket within a class is: another class, or itself.
        string? fault = null;
        foreach (bool nests in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (bool firstIsLiteral in (ReadOnlySpan<bool>)[true, false])
            {
                fault = FaultOf(pattern, nests, firstIsLiteral);
                if (fault is null)
                    return null;
            }
        }

        return fault;
    }

    private static string? FaultOf(string pattern, bool nests, bool firstIsLiteral)
    {
        int depth = 0;
        bool canRepeat = false;
        for (int at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '\\' when at + 1 == pattern.Length:
                    return "it ends in a backslash";

                case '\\':
                    at++;
                    canRepeat = true;
                    break;

                case '[':
                    at = ClassEnd(pattern, at, nests, firstIsLiteral);
                    canRepeat = true;
                    if (at < 0)
                        return "a bracket is not closed";
                    break;

                case '(':
                    depth++;
                    canRepeat = false;
                    if (at + 1 < pattern.Length && pattern[at + 1] is '?' or '*')
                        at++; // what kind of group it is
                    break;

                case ')' when --depth < 0:
                    return "a parenthesis is closed that was not opened";

                case '|':
                    canRepeat = false;
                    break;

                case '*' or '+' or '?' when !canRepeat:
                    return $"there is nothing before '{pattern[at]}' to repeat";

                default:
                    canRepeat = true;
                    break;
            }
        }

        return depth == 0 ? null : "a parenthesis is not closed";
    }

    private static int ClassEnd(string pattern, int at, bool nests, bool firstIsLiteral)
    {
        int depth = 0;
        for (int i = at; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                i++;
            }
            else if (pattern[i] == '[' && (i == at || nests))
            {
                depth++;
                if (i + 1 < pattern.Length && pattern[i + 1] == '^')
                    i++;
                if (firstIsLiteral && i + 1 < pattern.Length && pattern[i + 1] == ']')
                    i++;
            }
            else if (pattern[i] == ']' && --depth == 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool HasFreeSpacing(string pattern)
    {
        for (int at = pattern.IndexOf("(?", StringComparison.Ordinal); at >= 0; at = pattern.IndexOf("(?", at + 2, StringComparison.Ordinal))
        {
            int end = at + 2;
            while (end < pattern.Length && (char.IsAsciiLetter(pattern[end]) || pattern[end] is '-' or '^'))
                end++;

            if (pattern.AsSpan(at, end - at).Contains('x') && end < pattern.Length && pattern[end] is ')' or ':')
                return true;
        }

        return false;
    }
}
