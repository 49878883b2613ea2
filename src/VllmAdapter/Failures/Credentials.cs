using System.Text;

namespace VllmAdapter;

/// <summary>Finds the keys among the headers of a request: whatever stands under a name that speaks of one.</summary>
internal static class Credentials
{
    // A shorter value is no secret, and would be hidden in words that have nothing to do with it.
    private const int Shortest = 5;

    private static readonly string[] Names =
        ["auth", "key", "token", "secret", "password", "passwd", "credential", "cookie", "jwt", "signature"];

    public static IEnumerable<string> In(RequestHeaders? headers) =>
        headers?.Additional is not { } additional ? [] : additional
            .Where(header => Names.Any(name => header.Key.Contains(name, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(header => Keys(header.Value ?? ""))
            .Where(key => key.Length >= Shortest);

    // "Bearer KEY", "Basic BASE64", "name=KEY; other=KEY", or the key alone.
    private static IEnumerable<string> Keys(string value)
    {
        string[] parts = value.Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries);
        bool hasScheme = parts.Length > 1 && parts[0].All(char.IsAsciiLetter);
        foreach (string part in parts.Skip(hasScheme ? 1 : 0))
        {
            string key = Value(part).Trim('"');
            yield return key;
            if (hasScheme && parts[0].Equals("Basic", StringComparison.OrdinalIgnoreCase) && Password(key) is { } password)
                yield return password;
        }
    }

    // Of "name=value" the value; signs at the very end are base64's.
    private static string Value(string part) =>
        part.IndexOf('=') is > 0 and var sign && sign < part.TrimEnd('=').Length ? part[(sign + 1)..] : part;

    private static string? Password(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out int count))
            return null;

        string text = Encoding.UTF8.GetString(bytes, 0, count);
        return text[(text.IndexOf(':') + 1)..];
    }
}
