using System.Globalization;

namespace VllmAdapter.Tool.Check;

/// <summary>The rhythm in which the chunks of a stream came in.</summary>
internal sealed record Arrivals(ArrivalPattern Pattern, int Chunks, int Groups, TimeSpan First, TimeSpan Last)
{
    private const int FewestChunks = 12;
    private const int ChunksOfABurst = 4;

    // What comes within this time came together: no engine writes tokens of one stream that fast.
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(1);

    // A pause that a reader sees.
    private static readonly TimeSpan Jerk = TimeSpan.FromMilliseconds(50);

    // Writing the answer took at least this long, or its rhythm says nothing.
    private static readonly TimeSpan LeastWriting = TimeSpan.FromMilliseconds(300);

    /// <summary>Judges a stream by its times.</summary>
    /// <param name="arrivals">When each chunk came, since the request was sent, in order.</param>
    /// <param name="oneToken">How long an answer of one token takes: what the first chunk needs if nothing holds it back.</param>
    public static Arrivals Judge(IReadOnlyList<TimeSpan> arrivals, TimeSpan oneToken)
    {
        if (arrivals.Count == 0)
            return new Arrivals(ArrivalPattern.Unknown, 0, 0, TimeSpan.Zero, TimeSpan.Zero);

        int groups = 1;
        for (int i = 1; i < arrivals.Count; i++)
            groups += arrivals[i] - arrivals[i - 1] > Together ? 1 : 0;

        TimeSpan inBetween = arrivals[^1] - arrivals[0];
        ArrivalPattern pattern = 0 switch
        {
            _ when arrivals.Count < FewestChunks || arrivals[^1] - oneToken < LeastWriting => ArrivalPattern.Unknown,
            _ when groups <= 2 && arrivals[0] < 2 * oneToken => ArrivalPattern.Unknown,
            _ when groups <= 2 => ArrivalPattern.AllAtOnce,
            _ when groups * ChunksOfABurst <= arrivals.Count && inBetween / (groups - 1) >= Jerk => ArrivalPattern.Bursts,
            _ => ArrivalPattern.OneByOne,
        };
        return new Arrivals(pattern, arrivals.Count, groups, arrivals[0], arrivals[^1]);
    }

    public string Explain() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Chunks} chunks arrived in {Groups} groups, the first after {First.TotalSeconds:0.00} s and the last after {Last.TotalSeconds:0.00} s.");
}

/// <summary>How chunks arrived.</summary>
internal enum ArrivalPattern
{
    /// <summary>Too few, or too quick, to tell.</summary>
    Unknown = 1,

    /// <summary>As they were written.</summary>
    OneByOne,

    /// <summary>Several at a time.</summary>
    Bursts,

    /// <summary>Together at the end.</summary>
    AllAtOnce,
}
