namespace VllmAdapter;

/// <summary>How much of a large table runs: a part by default, all of it with the environment variable VLLMADAPTER_FULL_SWEEP=1.</summary>
internal static class Sweep
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("VLLMADAPTER_FULL_SWEEP") == "1";

    /// <summary>How far to go at a time; one by one in a full sweep.</summary>
    public static int Step(int usual) => IsFull ? 1 : usual;

    /// <summary>Every so many rows of a table; all of them in a full sweep.</summary>
    public static IEnumerable<T> Of<T>(IEnumerable<T> rows, int every) => rows.Where((_, at) => at % Step(every) == 0);

    /// <summary>So many of the places, the last among them, by a fixed seed; all of them in a full sweep.</summary>
    public static IEnumerable<int> Places(IReadOnlyList<int> all, int sampled)
    {
        if (IsFull)
            return all;

        var random = new Random(all.Count);
        return Enumerable.Range(0, sampled).Select(_ => all[random.Next(all.Count)]).Append(all[^1]);
    }
}
