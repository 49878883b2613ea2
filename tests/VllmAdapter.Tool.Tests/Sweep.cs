namespace VllmAdapter.Tool.Tests;

/// <summary>How much of a large table runs: a part by default, all of it with the environment variable VLLMADAPTER_FULL_SWEEP=1.</summary>
internal static class Sweep
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("VLLMADAPTER_FULL_SWEEP") == "1";

    /// <summary>Every so many rows of a table; all of them in a full sweep.</summary>
    public static IEnumerable<T> Of<T>(IEnumerable<T> rows, int every) => rows.Where((_, at) => IsFull || at % every == 0);
}
