using System.Text;

namespace VllmAdapter;

/// <summary>The spellings of keys that can be looked for as they are: plain, base64 wherever it begins, and hexadecimal.</summary>
/// <param name="Exact">Case counts.</param>
/// <param name="InAnyCase">Case does not count.</param>
/// <param name="Shortest">A shorter text holds none of them.</param>
internal sealed record SecretSpellings(string[] Exact, string[] InAnyCase, int Shortest)
{
    // Of a shorter key the digits may well stand in a text that has nothing to do with it.
    private const int LeastEncoded = 6;

    public static SecretSpellings Of(string[] keys)
    {
        string[] encoded = [.. keys.Where(key => key.Length >= LeastEncoded)];
        string[] exact = [.. keys.Concat(encoded.SelectMany(Base64)).Distinct(StringComparer.Ordinal)];
        string[] inAnyCase = [.. encoded.SelectMany(Hexadecimal)];
        return new(exact, inAnyCase, exact.Concat(inAnyCase).Select(spelling => spelling.Length).DefaultIfEmpty(int.MaxValue).Min());
    }

    // A key inside a longer text, such as "Bearer KEY", begins at any of three places of base64's groups. The characters at its ends
    // are left out where they depend on its neighbours.
    private static IEnumerable<string> Base64(string key)
    {
        for (int before = 0; before < 3; before++)
        {
            byte[] bytes = [.. new byte[before], .. Encoding.UTF8.GetBytes(key)];
            string text = Convert.ToBase64String(bytes)[..(bytes.Length * 8 / 6)][((before * 8 + 5) / 6)..];
            yield return text;
            yield return text.Replace('+', '-').Replace('/', '_');
        }
    }

    private static IEnumerable<string> Hexadecimal(string key)
    {
        string dashed = BitConverter.ToString(Encoding.UTF8.GetBytes(key));
        yield return dashed;
        yield return dashed.Replace("-", "", StringComparison.Ordinal);
    }
}
