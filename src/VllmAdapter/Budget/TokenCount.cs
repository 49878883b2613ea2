using System.Globalization;

namespace VllmAdapter.Diagnostics;

/// <summary>A number of tokens that may be known only in part: exactly, between two bounds, or at least that many.</summary>
/// <remarks>The default value is "at least zero": nothing is known. Sums and comparisons of bounds are sound: the true number is never outside them.</remarks>
public readonly record struct TokenCount
{
    private TokenCount(long min, long? max) => (Min, Max) = (min, max);

    /// <summary>The least that it can be.</summary>
    public long Min { get; }

    /// <summary>The most that it can be, or null if nothing bounds it.</summary>
    public long? Max { get; }

    /// <summary>Whether the number is known.</summary>
    public bool IsExact => Min == Max;

    /// <summary>A known number.</summary>
    /// <param name="tokens">Zero or more.</param>
    public static TokenCount Exactly(long tokens) => Between(tokens, tokens);

    /// <summary>A number between two bounds, both included.</summary>
    /// <param name="min">Zero or more.</param>
    /// <param name="max">At least <paramref name="min"/>.</param>
    public static TokenCount Between(long min, long max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return new TokenCount(min, max);
    }

    /// <summary>A number with no known upper bound.</summary>
    /// <param name="min">Zero or more.</param>
    public static TokenCount AtLeast(long min)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        return new TokenCount(min, max: null);
    }

    /// <summary>The sum; exact only if both are.</summary>
    public static TokenCount operator +(TokenCount left, TokenCount right) => left.Add(right);

    /// <summary>The sum; exact only if both are.</summary>
    /// <param name="other">The other count.</param>
    public TokenCount Add(TokenCount other) => new(checked(Min + other.Min), checked(Max + other.Max));

    /// <summary>Reads "1,234", "20 to 200" or "at least 7".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsExact ? $"{Min:N0}" : Max is { } max ? $"{Min:N0} to {max:N0}" : $"at least {Min:N0}")}");
}
