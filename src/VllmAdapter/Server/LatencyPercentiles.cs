using System.Globalization;

namespace VllmAdapter.Server;

/// <summary>How long something took between two snapshots of a server's metrics, from the buckets of its histogram.</summary>
/// <remarks>
/// The server counts how many took at most so long, for a few lengths (0.01 s, 0.025 s, ...): within such a bucket the times are taken to be evenly
/// spread, so a percentile is as exact as its bucket is narrow.
/// </remarks>
public sealed record LatencyPercentiles
{
    private readonly IReadOnlyList<(double Bound, double Count)> _buckets;

    private LatencyPercentiles(long count, double? sum, IReadOnlyList<(double Bound, double Count)> buckets)
    {
        (Count, _buckets) = (count, buckets);
        Mean = sum is >= 0 and < double.PositiveInfinity ? Time(sum.Value / count) : null;
    }

    /// <summary>How many there were; at least 1.</summary>
    public long Count { get; }

    /// <summary>Their mean; null if the server does not report their sum.</summary>
    public TimeSpan? Mean { get; }

    /// <summary>The time that half of them took at most.</summary>
    /// <inheritdoc cref="At" path="/returns"/>
    public TimeSpan? P50 => At(0.5);

    /// <summary>The time that 90 of 100 took at most.</summary>
    public TimeSpan? P90 => At(0.9);

    /// <summary>The time that 99 of 100 took at most.</summary>
    public TimeSpan? P99 => At(0.99);

    /// <summary>The time that a part of them took at most.</summary>
    /// <param name="part">Which part, above 0 and up to 1.</param>
    /// <returns>The time; null if it is longer than the longest that the server tells apart.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part is not above 0 and up to 1.</exception>
    public TimeSpan? At(double part)
    {
        if (!(part > 0 && part <= 1))
            throw new ArgumentOutOfRangeException(nameof(part), part, "It must be above 0 and at most 1, such as 0.95.");

        double rank = part * Count;
        (double lower, double below) = (0, 0);
        foreach ((double bound, double count) in _buckets)
        {
            if (count >= rank)
                return double.IsPositiveInfinity(bound) ? null : Time(lower + ((bound - lower) * (rank - below) / (count - below)));

            (lower, below) = (bound, count);
        }

        return null;
    }

    /// <summary>What a histogram gained; null if it is not there, gained nothing, or lost something.</summary>
    internal static LatencyPercentiles? Between(ServerMetrics earlier, ServerMetrics later, string name)
    {
        Dictionary<double, double> before = Buckets(earlier, name);
        (double Bound, double Count)[] gained = [.. Buckets(later, name)
            .Select(bucket => (bucket.Key, bucket.Value - before.GetValueOrDefault(bucket.Key)))
            .OrderBy(bucket => bucket.Key)];

        // Of several engines one may have been started anew.
        bool isWhole = gained is [.., (double.PositiveInfinity, >= 1)] && gained.All(bucket => bucket.Count >= 0)
            && gained.Zip(gained.Skip(1)).All(pair => pair.First.Count <= pair.Second.Count);
        return isWhole ? new((long)gained[^1].Count, later.Sum(name + "_sum") - (earlier.Sum(name + "_sum") ?? 0), gained) : null;
    }

    private static Dictionary<double, double> Buckets(ServerMetrics metrics, string name) => metrics.SamplesOf(name + "_bucket")
        .Select(sample => (Bound: BoundOf(sample), sample.Value))
        .Where(bucket => bucket.Bound is not null && double.IsFinite(bucket.Value))
        .GroupBy(bucket => bucket.Bound!.Value)
        .ToDictionary(group => group.Key, group => group.Sum(bucket => bucket.Value));

    private static double? BoundOf(MetricSample sample) => sample.Labels.GetValueOrDefault("le") switch
    {
        "+Inf" => double.PositiveInfinity,
        { } text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double bound) && double.IsFinite(bound) => bound,
        _ => null,
    };

    private static TimeSpan Time(double seconds) => TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
}
