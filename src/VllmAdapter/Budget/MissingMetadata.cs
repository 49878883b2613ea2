namespace VllmAdapter.Diagnostics;

/// <summary>What is not known about the tokens of a turn: usually what the server did not report.</summary>
public enum MissingMetadata
{
    /// <summary>No usage at all, or one that does not count the prompt: ask for it with <see cref="UsageReporting"/>; a gateway may strip it.</summary>
    Usage = 1,

    /// <summary>Usage came with the chunks, but the stream ended before the final one.</summary>
    FinalUsage,

    /// <summary>
    /// The counts of several choices are at least so high: nothing shows that the server counts them right (vLLM 0.8.5, which names no version,
    /// counts one token too few for each).
    /// </summary>
    UsageOfEachChoice,

    /// <summary>Usage came, but it counts more tokens than the request allowed, so it proves nothing: settle the turn with a count of your own.</summary>
    CredibleUsage,

    /// <summary>The next prompt was counted in part, and by the rest it may not fit: count it, for example with <see cref="VllmServer.PlanAsync"/>.</summary>
    NextPrompt,
}
