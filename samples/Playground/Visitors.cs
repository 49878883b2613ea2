using System.Collections.Concurrent;
using VllmAdapter;

namespace Playground;

/// <summary>The conversations, one for each visitor. The oldest goes when there are too many.</summary>
internal sealed class Visitors(TimeProvider clock)
{
    private const int Most = 200;
    private readonly ConcurrentDictionary<string, Visitor> _visitors = new(StringComparer.Ordinal);

    public Visitor Of(string id)
    {
        if (_visitors.Count >= Most && _visitors.MinBy(visitor => visitor.Value.SeenAt) is { Key: { } oldest })
            _visitors.TryRemove(oldest, out _);

        Visitor visitor = _visitors.GetOrAdd(id, _ => new Visitor());
        visitor.SeenAt = clock.GetUtcNow();
        return visitor;
    }

    public void Forget(string id) => _visitors.TryRemove(id, out _);
}

/// <summary>One visitor's conversation, and what it has cost.</summary>
internal sealed class Visitor
{
    /// <summary>Tokens that a visitor has for one conversation.</summary>
    public const int Tokens = 5_000;

    public ChatRequest Conversation { get; set; } = new() { Messages = [] };

    public TokenBudget Budget { get; } = new(Tokens);

    public DateTimeOffset SeenAt { get; set; }
}
