namespace VllmAdapter;

/// <summary>The names that a configuration may set. They are written down, for trimmed code has no reflection to ask.</summary>
internal static class SettingNames
{
    private const string TimeLimits = nameof(VllmAdapterOptions.TimeLimits);
    private const string Resilience = nameof(VllmAdapterOptions.Resilience);
    private const string Breaker = $"{Resilience}:{nameof(ResilienceOptions.CircuitBreaker)}";

    /// <summary>Every setting by its path, those with others below them included.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        nameof(VllmAdapterOptions.Endpoint), nameof(VllmAdapterOptions.Model), nameof(VllmAdapterOptions.ApiKey), nameof(VllmAdapterOptions.ContextWindow),
        nameof(VllmAdapterOptions.ServerMaxTokens), nameof(VllmAdapterOptions.OnIncompleteStream), nameof(VllmAdapterOptions.UsageReporting),
        nameof(VllmAdapterOptions.MaxEventBytes), nameof(VllmAdapterOptions.MaxReplyBytes), nameof(VllmAdapterOptions.ExpectsSentinel),
        nameof(VllmAdapterOptions.LearnContextWindow), nameof(VllmAdapterOptions.UnknownFields), nameof(VllmAdapterOptions.SendImagesOnce),
        TimeLimits, .. Below(
            TimeLimits, nameof(VllmAdapter.TimeLimits.Connect), nameof(VllmAdapter.TimeLimits.Headers), nameof(VllmAdapter.TimeLimits.FirstChunk),
            nameof(VllmAdapter.TimeLimits.BetweenChunks), nameof(VllmAdapter.TimeLimits.Grace), nameof(VllmAdapter.TimeLimits.Total),
            nameof(VllmAdapter.TimeLimits.ServerCall)),
        Resilience, .. Below(
            Resilience, nameof(ResilienceOptions.MaxAttempts), nameof(ResilienceOptions.BaseDelay), nameof(ResilienceOptions.MaxDelay),
            nameof(ResilienceOptions.MaxConcurrentStreams)),
        Breaker, .. Below(
            Breaker, nameof(CircuitBreakerOptions.FailureRatio), nameof(CircuitBreakerOptions.MinimumThroughput),
            nameof(CircuitBreakerOptions.SamplingDuration), nameof(CircuitBreakerOptions.BreakDuration)),
    ];

    /// <summary>Those that are times.</summary>
    public static bool IsTime(string path) =>
        path.StartsWith(TimeLimits + ":", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith("Delay", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith("Duration", StringComparison.OrdinalIgnoreCase);

    /// <summary>Which of the settings beside it was probably meant; null if nothing comes near.</summary>
    public static string? Nearest(string path)
    {
        string above = path[..(path.LastIndexOf(':') + 1)];
        string written = path[above.Length..].ToUpperInvariant();
        (string? nearest, int distance) = (null, Math.Max(2, written.Length / 2) + 1);
        foreach (string name in All.Where(name => name.StartsWith(above, StringComparison.OrdinalIgnoreCase) && name.IndexOf(':', above.Length) < 0))
        {
            string known = name[above.Length..].ToUpperInvariant();
            int steps = written.Length > 3 && known.Contains(written, StringComparison.Ordinal) ? 1 : Distance(written, known);
            if (steps < distance)
                (nearest, distance) = (name, steps);
        }

        return nearest;
    }

    private static IEnumerable<string> Below(string parent, params string[] names) => names.Select(name => $"{parent}:{name}");

    // How many letters have to be put in, left out or replaced (Levenshtein).
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, corner + (from[i - 1] == to[j - 1] ? 0 : 1));
                corner = above;
            }
        }

        return row[to.Length];
    }
}
