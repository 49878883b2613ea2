using System.Diagnostics;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>How long chunks took from the server to the reader, and how many came. Thread-safe.</summary>
internal sealed class Delays : Lane.Observer
{
    private const int Step = 10;
    private const int Longest = 2_000_000;

    private readonly int[] _counts = new int[(Longest / Step) + 1];
    private long _came;
    private bool _isMeasured;

    /// <summary>How many came so far.</summary>
    public long CameSoFar => Volatile.Read(ref _came);

    /// <summary>From now on delays are taken down.</summary>
    public void Measure() => Volatile.Write(ref _isMeasured, true);

    public override void Came(long sentAt)
    {
        Interlocked.Increment(ref _came);
        if (!Volatile.Read(ref _isMeasured))
            return;

        int took = (int)Math.Min(Stopwatch.GetElapsedTime(sentAt).TotalMicroseconds, Longest);
        Interlocked.Increment(ref _counts[took / Step]);
    }

    /// <summary>The delay in microseconds that a share of all chunks stayed below.</summary>
    public double Percentile(double share)
    {
        long rest = (long)(share * _counts.Sum(static count => (long)count));
        int at = 0;
        while (at < _counts.Length - 1 && (rest -= _counts[at]) > 0)
            at++;

        return at * Step;
    }
}
