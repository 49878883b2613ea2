using System.Diagnostics.CodeAnalysis;

namespace VllmAdapter;

/// <summary>A value that a record carries beside what it says: it takes no part in equality.</summary>
internal readonly struct Aside<T>(T value) : IEquatable<Aside<T>>
{
    public T Value => value;

    public bool Equals(Aside<T> other) => true;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Aside<T>;

    public override int GetHashCode() => 0;
}
