namespace VllmAdapter;

/// <summary>The score of each pair. There is none without all of them.</summary>
public sealed record ScoreResult
{
    /// <summary>One score for each document, in the order of the documents.</summary>
    public required IReadOnlyList<PairScore> Scores { get; init; }

    /// <inheritdoc cref="RerankResult.ScoreKind"/>
    public ScoreKind? ScoreKind { get; init; }

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get; init; }

    /// <summary>The server's id of the reply.</summary>
    public string? Id { get; init; }

    /// <summary>Tokens of all pairs; null if the server did not count them.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>How many scores, not what they are about.</summary>
    public override string ToString() => $"{Scores.Count} scores";
}

/// <summary>One pair and its score.</summary>
/// <param name="Index">Its place among the documents, from 0.</param>
/// <param name="Query">The first text as it was asked about.</param>
/// <param name="Document">The second text as it was asked about.</param>
/// <param name="Score">How well they go together; what it means hangs on the server (<see cref="ScoreKind"/>).</param>
public readonly record struct PairScore(int Index, string Query, string Document, double Score);
