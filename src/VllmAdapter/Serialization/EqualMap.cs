using System.Diagnostics.CodeAnalysis;

namespace VllmAdapter;

/// <summary>A dictionary that is equal to another if it holds the same under the same keys, in whatever order.</summary>
internal readonly struct EqualMap<TKey, TValue>(IReadOnlyDictionary<TKey, TValue>? map) : IEquatable<EqualMap<TKey, TValue>>
{
    public IReadOnlyDictionary<TKey, TValue>? Map => map;

    public bool Equals(EqualMap<TKey, TValue> other)
    {
        if (ReferenceEquals(Map, other.Map))
            return true;

        if (Map is not { } mine || other.Map is not { } theirs || mine.Count != theirs.Count)
            return false;

        return mine.All(pair => theirs.TryGetValue(pair.Key, out TValue? value) && EqualityComparer<TValue>.Default.Equals(value, pair.Value));
    }

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is EqualMap<TKey, TValue> other && Equals(other);

    public override int GetHashCode() => Map?.Count ?? -1;
}
