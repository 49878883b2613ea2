namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>What one load cost, for each chunk or request.</summary>
/// <param name="Cpu">Processor time of the whole process, in microseconds.</param>
/// <param name="Bytes">Bytes allocated.</param>
internal sealed record Figures(double Cpu, double Bytes)
{
    /// <summary>Half of all chunks came within this time of their sending, in microseconds.</summary>
    public double P50 { get; init; }

    public double P99 { get; init; }
}

/// <summary>Measures the process from its making to <see cref="Read"/>.</summary>
internal sealed class Meter(long from)
{
    private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private readonly long _bytes = GC.GetTotalAllocatedBytes(precise: true);

    public Figures Read(long to)
    {
        double count = to - from;
        return new Figures(
            (Environment.CpuUsage.TotalTime - _cpu).TotalMicroseconds / count,
            (GC.GetTotalAllocatedBytes(precise: true) - _bytes) / count);
    }
}
