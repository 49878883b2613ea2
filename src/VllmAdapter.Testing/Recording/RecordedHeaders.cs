using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What of a live exchange goes into a recording: never a secret, and nothing that belongs to the connection.</summary>
internal static class RecordedHeaders
{
    private static readonly HashSet<string> Heeded = new(StringComparer.OrdinalIgnoreCase)
    {
        "X-Request-Id", "X-Session-ID", "X-Vllm-Priority", "X-data-parallel-rank", "endpoint-load-metrics-format",
    };

    private static readonly HashSet<string> LeftOut = new(StringComparer.OrdinalIgnoreCase)
    {
        "date", "server", "connection", "set-cookie", "set-cookie2", "www-authenticate", "proxy-authenticate", "authorization",
    };

    public static async Task<RecordedRequest> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string? body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        string? type = request.Content?.Headers.ContentType?.MediaType;
        var headers = request.Headers.NonValidated.Where(header => Heeded.Contains(header.Key))
            .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        if (type is not null and not "application/json")
            headers["Content-Type"] = type;
        return new RecordedRequest
        {
            Method = request.Method.Method,
            Path = request.RequestUri?.AbsolutePath ?? "/",
            Body = body is null ? null : AsJson(body),
            Headers = headers,
        };
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Of(HttpResponseMessage response) =>
    [
        .. response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Where(header => !LeftOut.Contains(header.Key) && !IsKey(header.Key))
            .SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key.ToLowerInvariant(), value))),
    ];

    private static bool IsKey(string header) =>
        header.Contains("api-key", StringComparison.OrdinalIgnoreCase) || header.Contains("token", StringComparison.OrdinalIgnoreCase);

    // Gateways take keys in the body too, and tools that are servers themselves carry theirs. What a schema says of a key is no key.
    private static void TakeOutKeys(JsonNode? json)
    {
        if (json is JsonObject members)
        {
            foreach (string name in members.Where(static member => member.Value is JsonValue && IsSecret(member.Key)).Select(member => member.Key).ToArray())
                members.Remove(name);
            foreach ((_, JsonNode? member) in members)
                TakeOutKeys(member);
        }
        else
        {
            foreach (JsonNode? item in json.Items())
                TakeOutKeys(item);
        }
    }

    private static bool IsSecret(string member) => member.Replace('-', '_').ToUpperInvariant() is
        "API_KEY" or "APIKEY" or "X_API_KEY" or "AUTHORIZATION" or "PROXY_AUTHORIZATION" or "COOKIE" or "ACCESS_TOKEN" or "PASSWORD";

    private static JsonNode? AsJson(string body)
    {
        try
        {
            JsonNode? json = JsonNode.Parse(body);
            TakeOutKeys(json);
            return json;
        }
        catch (JsonException)
        {
            return JsonValue.Create(body);
        }
        catch (ArgumentException)
        {
            // A member that is there twice: nobody can tell what to take out, so nothing is written.
            return null;
        }
    }
}
