using System.Collections.Concurrent;

namespace VllmAdapter.Tool.Guard;

/// <summary>The context windows that back ends told, by address and model: a call that the window cut cannot be told from a whole one without it.</summary>
/// <remarks>They are asked again after a while, because a back end may be started anew with another one. Thread-safe.</remarks>
internal sealed class ContextWindowMemory(TimeProvider clock)
{
    private const int MostKept = 1_000;
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Address, string? Model), (int Window, long At)> _known = new();

    public int? Of(string address, string? model) =>
        _known.TryGetValue((address, model), out var known) && clock.GetElapsedTime(known.At) < GoodFor ? known.Window : null;

    public void Keep(string address, string? model, int? window)
    {
        if (window is not { } tokens)
            return;

        if (_known.Count >= MostKept)
            _known.Clear();

        _known[(address, model)] = (tokens, clock.GetTimestamp());
    }
}
