using System.Globalization;
using System.Text;

namespace VllmAdapter;

/// <summary>
/// Finds half a surrogate pair (half an emoji) in the text of JSON, as a character or as an escape: it parses, but is not text, and servers that
/// meet it in a history fail in this and every later turn.
/// </summary>
internal static class SurrogateHalves
{
    private const char Replacement = '\uFFFD';

    public static bool AreIn(string json) => !ReferenceEquals(ReplacedIn(json), json);

    /// <summary>The same JSON with the replacement character for every half; the same instance if it has none.</summary>
    public static string ReplacedIn(string json)
    {
        StringBuilder? replaced = null;
        int copied = 0;
        for (int at = 0; at < json.Length;)
        {
            (char unit, int length) = UnitAt(json, at);
            if (char.IsHighSurrogate(unit) && at + length < json.Length && UnitAt(json, at + length) is var (low, lowLength) && char.IsLowSurrogate(low))
            {
                at += length + lowLength;
                continue;
            }

            if (char.IsSurrogate(unit))
            {
                replaced = (replaced ?? new StringBuilder(json.Length)).Append(json, copied, at - copied).Append(Replacement);
                copied = at + length;
            }

            at += length;
        }

        return replaced is null ? json : replaced.Append(json, copied, json.Length - copied).ToString();
    }

    // An escape other than \u is never half of anything, but its second character may be a backslash.
    private static (char Unit, int Length) UnitAt(string json, int at)
    {
        if (json[at] != '\\' || at + 1 == json.Length)
            return (json[at], 1);

        return json[at + 1] == 'u' && at + 6 <= json.Length
            && ushort.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit)
            ? ((char)unit, 6)
            : ('\\', 2);
    }
}
