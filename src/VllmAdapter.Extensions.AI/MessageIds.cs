namespace VllmAdapter.Extensions.AI;

/// <summary>
/// The ids of the messages of one response: the server's id of the first reply, numbered for those that the client asked for after it. So the
/// history tells which messages belong together, be it saved and read again.
/// </summary>
internal sealed class MessageIds
{
    private const char Separator = '#';

    private string? _first;
    private int _count = 1;

    /// <summary>The id of the message under way.</summary>
    /// <param name="responseId">The server's id of the reply; null if it gave none.</param>
    public string Current(string? responseId)
    {
        _first ??= responseId is { Length: > 0 } ? responseId : $"msg-{Guid.NewGuid():N}";
        return _count == 1 ? _first : $"{_first}{Separator}{_count}";
    }

    /// <summary>Another message begins.</summary>
    public void Next() => _count++;

    /// <summary>Whether a message follows another in the same response.</summary>
    public static bool AreOfOneResponse(string? id, string? next) =>
        id is not null && next is not null && !string.Equals(id, next, StringComparison.Ordinal)
        && next.LastIndexOf(Separator) > 0 && FirstOf(id).SequenceEqual(FirstOf(next));

    private static ReadOnlySpan<char> FirstOf(string id) => id.LastIndexOf(Separator) is > 0 and var at ? id.AsSpan(0, at) : id;
}
