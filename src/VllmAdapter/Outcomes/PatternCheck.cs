using System.Text;
using System.Text.RegularExpressions;

namespace VllmAdapter;

/// <summary>
/// Says whether a text matches a regular expression of the kind that all dialects read alike. Servers have dialects of their own, so of
/// anything else nothing is said.
/// </summary>
internal static class PatternCheck
{
    private const string CommonEscapes = "dDwWsSnrtfv.\\/-+*?()[]{}|^$\"'`, :;!@#%&=<>~_";
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the whole text matches; null if that cannot be told.</summary>
    public static bool? Matches(string pattern, string text)
    {
        if (!IsCommon(pattern))
            return null;

        try
        {
            if (Regex.IsMatch(text, $@"\A(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.Singleline, Patience))
                return true;

            // Dialects differ in what a class means beyond ASCII.
            return Ascii.IsValid(text) ? false : null;
        }
        catch (Exception doubt) when (doubt is RegexMatchTimeoutException or ArgumentException)
        {
            return null;
        }
    }

    // Not groups that look around or set options, nor back references, properties, word boundaries, possessive quantifiers, classes in classes.
    private static bool IsCommon(string pattern)
    {
        bool isInClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char next = i + 1 < pattern.Length ? pattern[i + 1] : '\0';
            switch (pattern[i])
            {
                case '\\' when !CommonEscapes.Contains(next, StringComparison.Ordinal):
                case '(' when !isInClass && next == '?' && !pattern.AsSpan(i).StartsWith("(?:"):
                case '[' when isInClass:
                case '&' when isInClass && next == '&':
                case '-' when isInClass && next == '[':
                case '+' or '*' or '?' or '}' when !isInClass && next == '+':
                    return false;
                case '\\':
                    i++;
                    break;
                case '[':
                    isInClass = true;
                    break;
                case ']':
                    isInClass = false;
                    break;
            }
        }

        return true;
    }
}
