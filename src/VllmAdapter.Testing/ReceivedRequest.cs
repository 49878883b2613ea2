using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>A request as <see cref="FakeVllm"/> received it.</summary>
public sealed record ReceivedRequest
{
    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The path without its query, for example <c>/v1/chat/completions</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The query with its question mark; empty when there is none.</summary>
    public string Query { get; init; } = "";

    /// <summary>The headers, those of the content among them; names in any case, several values joined by a comma.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The body as text; empty when there was none.</summary>
    public string Body { get; init; } = "";

    /// <summary>The body as JSON, parsed again on every call; null when it is not JSON. If a name occurs twice, the last one counts.</summary>
    public JsonNode? Json
    {
        get
        {
            try
            {
                return LooseJson.Parse(Body);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    internal static async Task<ReceivedRequest> FromAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var headers = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? [])
            .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return new ReceivedRequest
        {
            Method = request.Method.Method,
            Path = request.RequestUri?.AbsolutePath ?? "/",
            Query = request.RequestUri?.Query ?? "",
            Headers = headers,
            Body = Encoding.UTF8.GetString(body),
        };
    }
}
