using System.Collections.Concurrent;

namespace VllmAdapter.Server;

/// <summary>What the server has reported about context windows so far, by model. Thread-safe; the latest word counts.</summary>
internal sealed class ContextWindows
{
    // Stands for requests that name no model: the server takes its first one.
    private const string FirstModel = "";

    private readonly ConcurrentDictionary<string, int> _known = new(StringComparer.Ordinal);

    public int? Of(string? model) => _known.TryGetValue(model ?? FirstModel, out int window) ? window : null;

    public void Learn(string? model, int? window)
    {
        if (window is > 0 and var tokens)
            _known[model ?? FirstModel] = tokens;
    }

    public void Learn(IReadOnlyList<ModelCard> cards)
    {
        foreach (ModelCard card in cards)
            Learn(card.Id, card.ContextWindow);

        if (cards.Count > 0)
            Learn(model: null, cards[0].ContextWindow);
    }
}
