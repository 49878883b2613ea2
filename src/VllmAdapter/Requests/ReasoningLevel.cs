namespace VllmAdapter;

/// <summary>A word for how hard a model should reason.</summary>
/// <remarks>
/// An open set: <c>new ReasoningLevel("word")</c> sends a word that is not listed here. vLLM refuses those that its
/// version does not know.
/// </remarks>
/// <param name="Value">The word as it is sent.</param>
public readonly record struct ReasoningLevel(string Value)
{
    /// <summary>
    /// No reasoning (vLLM 0.18 and later); since about 0.22 it also switches the template's own switch off.
    /// </summary>
    public static ReasoningLevel None => new("none");

    /// <summary>The least (vLLM of April 2026 and later).</summary>
    public static ReasoningLevel Minimal => new("minimal");

    /// <summary>A little (vLLM 0.10.1 and later).</summary>
    public static ReasoningLevel Low => new("low");

    /// <summary>The usual (vLLM 0.10.1 and later).</summary>
    public static ReasoningLevel Medium => new("medium");

    /// <summary>A lot (vLLM 0.10.1 and later).</summary>
    public static ReasoningLevel High => new("high");

    /// <summary>More than a lot (<c>xhigh</c>; vLLM of April 2026 and later).</summary>
    public static ReasoningLevel ExtraHigh => new("xhigh");

    /// <summary>The most (vLLM of April 2026 and later).</summary>
    public static ReasoningLevel Max => new("max");

    /// <summary>The word as it is sent.</summary>
    public override string ToString() => Value ?? "";
}
