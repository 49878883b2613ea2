namespace VllmAdapter;

/// <summary>A passage of speech, with its times.</summary>
public sealed record TranscriptionSegment
{
    /// <summary>The place of the segment among all of them, from 0. vLLM itself starts over with every piece of 30 seconds.</summary>
    public int Index { get; init; }

    /// <summary>When it begins, counted from the beginning of the audio.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>When it ends.</summary>
    public TimeSpan End { get; init; }

    /// <summary>What is said in it.</summary>
    public string Text { get; init; } = "";

    /// <summary>The ids of its tokens; empty if the server did not tell them.</summary>
    public IReadOnlyList<int> TokenIds { get; init; } = [];

    /// <summary>The mean log probability of its tokens; null if the server did not report it.</summary>
    public double? AverageLogprob { get; init; }

    /// <summary>How much its text can be compressed: far above 2 it usually repeats itself. Null if the server did not report it.</summary>
    public double? CompressionRatio { get; init; }

    /// <summary>The temperature that it was drawn with; null if the server did not report it.</summary>
    public double? Temperature { get; init; }

    /// <summary>The probability that nobody speaks; null if the server did not report it, and vLLM 0.32.0 never does.</summary>
    public double? NoSpeechProbability { get; init; }

    /// <summary>What is said in it.</summary>
    public override string ToString() => Text;
}
