namespace VllmAdapter;

/// <summary>A whole reply of a pooling model: one entry for each input, in the order of the inputs.</summary>
internal sealed record PoolingReply<T>(T[] Entries) : IRouteReply
{
    public int? PromptTokens { get; init; }

    public string? Model { get; init; }

    public string? Id { get; init; }
}

/// <summary>One entry of a reply, as it was read.</summary>
/// <param name="Index">The place that it names; null if it names none.</param>
/// <param name="Value">What it holds.</param>
/// <param name="Problem">What is wrong with it, as a predicate such as <c>holds no vector</c>; null if nothing is.</param>
internal readonly record struct PoolingEntry<T>(int? Index, T? Value, string? Problem);

/// <summary>Reads one entry; the reader stands at its beginning and afterwards at its end.</summary>
internal delegate PoolingEntry<T> PoolingEntryReading<T>(ref System.Text.Json.Utf8JsonReader reader);
