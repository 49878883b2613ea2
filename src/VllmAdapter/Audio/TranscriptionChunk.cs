namespace VllmAdapter;

/// <summary>One piece of a transcription, handed out by the same read that completed it.</summary>
/// <remarks>Immutable. The last chunk of every stream carries the <see cref="Outcome"/> and nothing else.</remarks>
public sealed record TranscriptionChunk
{
    /// <summary>A piece of the text; empty when the chunk carries none.</summary>
    public string Text { get; init; } = "";

    /// <summary>
    /// Why the server ended <b>a piece of 30 seconds</b>, on the chunk that says so: more text may follow. <see cref="VllmAdapter.FinishReason.Length"/>
    /// says that this piece was cut.
    /// </summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>The tokens counted so far, where the server says it.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>How the stream ended: exactly once, on one more, otherwise empty, chunk at the end.</summary>
    public StreamOutcome? Outcome { get; init; }

    /// <summary>The piece of text.</summary>
    public override string ToString() => Text;

    internal static TranscriptionChunk Of(ChatChunk chunk) => new()
    {
        Text = chunk.Text,
        FinishReason = chunk.FinishReason,
        Usage = chunk.Usage,
        Outcome = chunk.Outcome,
    };
}
