using System.Collections;

namespace VllmAdapter;

/// <summary>A list that never changes and is equal to another if its items are: what makes records with lists equal.</summary>
internal sealed class ValueList<T>(T[] items) : IReadOnlyList<T>
{
    public static ValueList<T> Empty { get; } = new([]);

    public int Count => items.Length;

    public T this[int index] => items[index];

    public static ValueList<T> Of(IReadOnlyList<T> list) => list as ValueList<T> ?? (list.Count == 0 ? Empty : new([.. list]));

    /// <summary>The same and one more.</summary>
    public ValueList<T> And(T item) => new([.. items, item]);

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is ValueList<T> other && items.AsSpan().SequenceEqual(other.Items);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (T item in items)
            hash.Add(item);

        return hash.ToHashCode();
    }

    private ReadOnlySpan<T> Items => items;
}
