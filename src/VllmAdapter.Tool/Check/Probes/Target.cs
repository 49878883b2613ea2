using VllmAdapter.Server;

namespace VllmAdapter.Tool.Check;

/// <summary>The server that is checked, and what it said of itself.</summary>
internal sealed class Target
{
    /// <summary>How it is asked: once, within limits, and told what came of it whatever that is.</summary>
    public required VllmInferenceAdapter Adapter { get; init; }

    /// <summary>The same without the key; null if there is no key.</summary>
    public VllmInferenceAdapter? WithoutKey { get; init; }

    /// <summary>The clock of the check.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The model that is asked; null if the server is to choose.</summary>
    public string? Model { get; init; }

    /// <summary>All that it serves; empty if it did not say.</summary>
    public IReadOnlyList<ModelCard> Models { get; init; } = [];

    /// <summary>Its release; null if it did not say.</summary>
    public ServerVersion? Version { get; init; }

    /// <summary>Tokens that prompt and answer may have together; null if it did not say.</summary>
    public int? ContextWindow => Models.FirstOrDefault(card => card.Id == Model)?.ContextWindow;

    /// <summary>Whether the model reasons unasked, as the first text showed: later probes switch that off, or nothing but reasoning would come.</summary>
    public bool Reasons { get; set; }

    public ChatRequest Suited(ChatRequest request) => request with
    {
        Model = request.Model ?? Model,
        Reasoning = Reasons && request.Reasoning is null ? new ReasoningSettings { Enabled = false } : request.Reasoning,
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };
}
