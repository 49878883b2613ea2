using System.Text.Json.Nodes;

namespace VllmAdapter.Server;

/// <summary>A chat request as the engine would get it: the exact prompt, and how the server reads the parameters.</summary>
public sealed record RenderedPrompt
{
    /// <summary>The tokens of the prompt.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>The output tokens that the server would allow, its own defaults and limits applied; null if it does not say.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>All sampling parameters as the server resolved them, by its own names.</summary>
    public JsonObject Sampling { get; init; } = [];
}
