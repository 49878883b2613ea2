namespace VllmAdapter.Tool.Explain;

/// <summary>What <c>explain</c> was given, as an exchange, and what the file does not say.</summary>
internal sealed record RecordedInput
{
    public required RecordedExchange Exchange { get; init; }

    /// <summary>What kind of file it is, in a few words.</summary>
    public required string Format { get; init; }

    /// <summary>Whether the file tells what was asked.</summary>
    public bool HasRequest { get; init; }

    /// <summary>Whether the file tells how the connection ended.</summary>
    public bool HasEnd { get; init; }
}
