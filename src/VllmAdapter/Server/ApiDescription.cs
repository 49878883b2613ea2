using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>What a server says of its routes and fields in <c>/openapi.json</c>.</summary>
/// <param name="Paths">Its routes, with their methods: <c>POST /v1/embeddings</c>.</param>
/// <param name="ChatFields">The top-level fields of a chat request; null if it has no chat.</param>
internal sealed record ApiDescription(IReadOnlySet<string> Paths, IReadOnlySet<string>? ChatFields)
{
    public const string Route = "openapi.json";

    /// <summary>Reads it; null if it does not describe a vLLM server.</summary>
    public static ApiDescription? Read(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        cancellationToken.ThrowIfCancellationRequested();
        if (At(document.RootElement, "paths") is not { ValueKind: JsonValueKind.Object } paths)
            return null;

        var routes = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty path in paths.EnumerateObject())
        {
            if (path.Value.ValueKind != JsonValueKind.Object)
                continue;

            foreach (JsonProperty method in path.Value.EnumerateObject())
                routes.Add($"{method.Name.ToUpperInvariant()} {path.Name}");
        }

        // Gateways describe themselves, too, and their routes say nothing of the server behind them.
        return routes.Contains("POST /tokenize") || routes.Contains("POST /pooling") ? new(routes, FieldsOf(document.RootElement)) : null;
    }

    private static HashSet<string>? FieldsOf(JsonElement root) =>
        At(At(At(At(root, "components"), "schemas"), "ChatCompletionRequest"), "properties") is { ValueKind: JsonValueKind.Object } properties
            ? properties.EnumerateObject().Select(property => property.Name).ToHashSet(StringComparer.Ordinal)
            : null;

    private static JsonElement? At(JsonElement? value, string name) =>
        value is { ValueKind: JsonValueKind.Object } fields && fields.TryGetProperty(name, out JsonElement field) ? field : null;
}
