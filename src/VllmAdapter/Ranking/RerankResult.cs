namespace VllmAdapter;

/// <summary>Documents in order of their relevance. There is none without all that were asked for, each once.</summary>
public sealed record RerankResult
{
    /// <summary>The documents, the best first: all of them, or as many as <see cref="RerankRequest.TopN"/> says.</summary>
    public required IReadOnlyList<RankedDocument> Results { get; init; }

    /// <summary>What the scores mean, in the caller's word; null if the caller did not say. No reply says so.</summary>
    public ScoreKind? ScoreKind { get; init; }

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get; init; }

    /// <summary>The server's id of the reply.</summary>
    public string? Id { get; init; }

    /// <summary>Tokens of all pairs, which hold the query each time; null if the server did not count them.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>How many documents, not what they say.</summary>
    public override string ToString() => $"{Results.Count} documents";
}

/// <summary>One document in its order.</summary>
/// <param name="Index">Its place among the documents that were asked about, from 0.</param>
/// <param name="Document">The document as it was asked about.</param>
/// <param name="Score">How relevant it is: more is better, and what it means hangs on the server (<see cref="ScoreKind"/>).</param>
public readonly record struct RankedDocument(int Index, string Document, double Score);
