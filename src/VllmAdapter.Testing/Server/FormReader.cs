using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Reads the fields of a form (<c>multipart/form-data</c>); of a file its name alone.</summary>
internal static class FormReader
{
    private const string Boundary = "boundary=";

    /// <summary>The fields by name, each a text; null if the body is no form.</summary>
    public static JsonObject? Read(ReceivedRequest request)
    {
        string type = request.Headers.GetValueOrDefault("Content-Type") ?? "";
        int at = type.IndexOf(Boundary, StringComparison.OrdinalIgnoreCase);
        if (!type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) || at < 0)
            return null;

        string boundary = type[(at + Boundary.Length)..].Split(';')[0].Trim('"', ' ');
        var form = new JsonObject();
        foreach (string part in request.Body.Split("--" + boundary))
        {
            int head = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && Parameter(part[..head], "name") is { } name)
                form[name] = Parameter(part[..head], "filename") ?? part[(head + 4)..].TrimSuffix("\r\n");
        }

        return form;
    }

    private static string? Parameter(string head, string name)
    {
        string sign = $" {name}=";
        int start = head.IndexOf(sign, StringComparison.OrdinalIgnoreCase);
        if (start < 0)
            return null;

        // Not every client puts it in quotes.
        string rest = head[(start + sign.Length)..];
        return rest.StartsWith('"') ? rest[1..].Split('"')[0] : rest.Split(';', '\r')[0];
    }

    private static string TrimSuffix(this string text, string suffix) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;
}
