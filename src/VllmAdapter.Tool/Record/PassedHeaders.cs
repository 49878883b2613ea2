using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace VllmAdapter.Tool.Record;

/// <summary>Headers that a proxy passes on: all but those of the connection (RFC 9110, section 7.6.1).</summary>
internal static class PassedHeaders
{
    private static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
    };

    public static void Copy(HttpRequest from, HttpRequestMessage to)
    {
        foreach ((string name, StringValues values) in from.Headers)
        {
            if (!OfTheConnection.Contains(name) && !to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    public static void Copy(HttpResponseMessage from, HttpResponse to)
    {
        foreach ((string name, HeaderStringValues values) in from.Headers.NonValidated.Concat(from.Content.Headers.NonValidated))
        {
            if (!OfTheConnection.Contains(name))
                to.Headers.Append(name, values.ToArray());
        }
    }
}
