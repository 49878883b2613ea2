using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter;

/// <summary>The source of the spans and the instruments, one set a process.</summary>
internal static class Meters
{
    // The version of the package: that of the assembly stays the same for all of a major one.
    private static readonly string? Version =
        typeof(Meters).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    private static readonly Meter Meter = new(MeterName, Version);

    // The boundaries that the conventions recommend.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    private static readonly InstrumentAdvice<long> Tokens = new()
    {
        HistogramBucketBoundaries =
            [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864],
    };

    public static readonly ActivitySource Source = new(SourceName, Version);

    public static readonly Histogram<double> Duration = Meter.CreateHistogram(
        Instruments.OperationDuration, "s", "Time from sending a request to its outcome.", tags: null, Seconds);

    public static readonly Histogram<long> TokenUsage = Meter.CreateHistogram(
        Instruments.TokenUsage, "{token}", "Tokens of the prompt and of the answer.", tags: null, Tokens);

    public static readonly Histogram<double> TimeToFirstChunk = Meter.CreateHistogram(
        Instruments.TimeToFirstChunk, "s", "Time from sending a request to the first chunk.", tags: null, Seconds);

    public static readonly Histogram<double> TimePerOutputChunk = Meter.CreateHistogram(
        Instruments.TimePerOutputChunk, "s", "Time from one chunk to the next.", tags: null, Seconds);

    public static readonly Histogram<double> ToolDuration = Meter.CreateHistogram(
        Instruments.ToolDuration, "s", "Time that the handler of a tool ran.", tags: null, Seconds);

    public static readonly Counter<long> Outcomes = Meter.CreateCounter<long>(
        Instruments.StreamOutcomes, "{stream}", "Replies that came to an outcome.");

    public static readonly Counter<long> ImageBytesSaved = Meter.CreateCounter<long>(
        Instruments.ImageBytesSaved, "By", "Bytes of images that were not resent.");

    public static bool TimesChunks => TimeToFirstChunk.Enabled || TimePerOutputChunk.Enabled;
}
