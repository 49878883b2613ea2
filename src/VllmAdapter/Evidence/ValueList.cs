using System.Collections;

namespace VllmAdapter;

/// <summary>A list that never changes and is equal to another if its items are: what makes records with lists equal.</summary>
internal sealed class ValueList<T>(T[] items, IEqualityComparer<T>? comparer = null) : IReadOnlyList<T>
{
    public static ValueList<T> Empty { get; } = new([]);

    public int Count => items.Length;

    public T this[int index] => items[index];

    /// <summary>The same items; none if there is no list.</summary>
    public static ValueList<T> Of(IReadOnlyList<T>? list, IEqualityComparer<T>? comparer = null) =>
        list as ValueList<T> ?? (list is null or { Count: 0 } ? Empty : new([.. list], comparer));

    /// <summary>The same and one more.</summary>
    public ValueList<T> And(T item) => new([.. items, item], comparer);

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is ValueList<T> other && items.AsSpan().SequenceEqual(other.Items, comparer);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (T item in items)
            hash.Add(item, comparer);

        return hash.ToHashCode();
    }

    private ReadOnlySpan<T> Items => items;
}
