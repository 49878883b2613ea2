namespace VllmAdapter.Diagnostics;

/// <summary>What a verdict is based on.</summary>
public enum Certainty
{
    /// <summary>The server said so with a finish reason.</summary>
    Declared = 1,

    /// <summary>The adapter saw it happen: an error event, a cut, a silence, a cancellation.</summary>
    Observed,

    /// <summary>It follows from the rest of the evidence, for example from token counts.</summary>
    Inferred,
}
