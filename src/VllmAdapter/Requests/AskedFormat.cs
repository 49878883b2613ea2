using System.Text.Json;

namespace VllmAdapter;

/// <summary>The shape that a request demands of the answer's text, as far as it can be checked.</summary>
internal sealed record AskedFormat
{
    /// <summary>The field of the request that demands it, such as <c>response_format</c>.</summary>
    public required string Field { get; init; }

    /// <summary>The texts of which the answer is one.</summary>
    public IReadOnlyList<string>? Choice { get; init; }

    /// <summary>The regular expression that the whole answer matches.</summary>
    public string? Regex { get; init; }

    /// <summary>The JSON schema that the answer fits.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>Whether the answer is a JSON object of any kind.</summary>
    public bool IsJsonObject { get; init; }
}
