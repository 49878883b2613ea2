namespace VllmAdapter;

/// <summary>A word for how hard a model should think.</summary>
/// <remarks>
/// An open set: <c>new ThinkingEffort("word")</c> sends a word that is not listed here. vLLM refuses those that its
/// version does not know.
/// </remarks>
/// <param name="Word">The word as it is sent.</param>
public readonly record struct ThinkingEffort(string Word)
{
    /// <summary>
    /// No thinking (vLLM 0.18 and later); since about 0.22 it also switches the template's thinking off.
    /// </summary>
    public static ThinkingEffort None => new("none");

    /// <summary>The least (vLLM of April 2026 and later).</summary>
    public static ThinkingEffort Minimal => new("minimal");

    /// <summary>A little (vLLM 0.10.1 and later).</summary>
    public static ThinkingEffort Low => new("low");

    /// <summary>The usual (vLLM 0.10.1 and later).</summary>
    public static ThinkingEffort Medium => new("medium");

    /// <summary>A lot (vLLM 0.10.1 and later).</summary>
    public static ThinkingEffort High => new("high");

    /// <summary>More than a lot (<c>xhigh</c>; vLLM of April 2026 and later).</summary>
    public static ThinkingEffort ExtraHigh => new("xhigh");

    /// <summary>The most (vLLM of April 2026 and later).</summary>
    public static ThinkingEffort Max => new("max");

    /// <summary>The word as it is sent.</summary>
    public override string ToString() => Word ?? "";
}
