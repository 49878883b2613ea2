using System.Globalization;

namespace VllmAdapter;

/// <summary>How many numbers each entry of a call has, which is as many for all of them. Thread-safe.</summary>
internal sealed class CommonCount
{
    private int _first;

    /// <summary>What is wrong with an entry of so many numbers; null for nothing.</summary>
    public string? ProblemOf(int count)
    {
        int first = Interlocked.CompareExchange(ref _first, count, 0);
        return first == 0 || first == count
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"has {count} numbers, others of this call have {first}");
    }
}
