using System.Text.Json;

namespace VllmAdapter;

/// <summary>Finds the picture, sound or film of a request that a server could not get.</summary>
/// <remarks>
/// vLLM fetches what a request names by address, and answers 500 or 501 where it cannot: that is the request's fault, whatever the status.
/// </remarks>
internal static class RequestMedia
{
    private static readonly string[] Kinds = ["image_url", "audio_url", "video_url"];

    /// <summary>The sentences of vLLM that can only be about such a part.</summary>
    public static bool IsBlamed(string words) => BlamesLocalFiles(words) || BlamesDataUrls(words);

    /// <summary>Where in the request the part stands that the words are about (<c>messages[0].content[1]</c>); null if they are about none.</summary>
    public static string? PartBlamedBy(string words, ReadOnlyMemory<byte> body)
    {
        if (words.Length == 0 || body.IsEmpty)
            return null;

        try
        {
            using JsonDocument document = JsonDocument.Parse(body, JsonText.Parsing);
            return Parts(document.RootElement).FirstOrDefault(part => IsAbout(words, part.Url)).Path;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsAbout(string words, string url)
    {
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return BlamesDataUrls(words) && !url.AsSpan(0, Math.Min(url.Length, 200)).Contains(";base64,", StringComparison.OrdinalIgnoreCase);

        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address))
            return false;

        return address.IsFile ? BlamesLocalFiles(words) : address.Host.Length > 0 && Names(words, address.Host);
    }

    private static bool BlamesLocalFiles(string words) => words.Contains("allowed-local-media-path", StringComparison.OrdinalIgnoreCase);

    private static bool BlamesDataUrls(string words) => words.Contains("base64 data URLs", StringComparison.OrdinalIgnoreCase);

    // The host as a word of its own: "a.example" is not named by "data.example.org".
    private static bool Names(string words, string host)
    {
        for (int at = 0; (at = words.IndexOf(host, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            int end = at + host.Length;
            if ((at == 0 || !IsOfHost(words[at - 1])) && (end == words.Length || !IsOfHost(words[end])))
                return true;
        }

        return false;
    }

    private static bool IsOfHost(char c) => char.IsLetterOrDigit(c) || c is '-' or '.';

    private static IEnumerable<(string Path, string Url)> Parts(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array)
            yield break;

        int message = -1;
        foreach (JsonElement one in messages.EnumerateArray())
        {
            message++;
            if (one.ValueKind != JsonValueKind.Object || !one.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.Array)
                continue;

            int part = -1;
            foreach (JsonElement piece in content.EnumerateArray())
            {
                part++;
                if (UrlOf(piece) is { } url)
                    yield return (FormattableString.Invariant($"messages[{message}].content[{part}]"), url);
            }
        }
    }

    private static string? UrlOf(JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object)
            return null;

        foreach (string kind in Kinds)
        {
            if (!part.TryGetProperty(kind, out JsonElement media))
                continue;

            JsonElement url = media.ValueKind == JsonValueKind.Object && media.TryGetProperty("url", out JsonElement inner) ? inner : media;
            return url.ValueKind == JsonValueKind.String ? url.GetString() : null;
        }

        return null;
    }
}
