namespace VllmAdapter;

/// <summary>The class of each input. There is none without all of them.</summary>
public sealed record ClassificationResult
{
    /// <summary>One class for each input, in the order of the inputs.</summary>
    public required IReadOnlyList<Classification> Results { get; init; }

    /// <inheritdoc cref="RerankResult.ScoreKind"/>
    public ScoreKind? ScoreKind { get; init; }

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get; init; }

    /// <summary>The server's id of the reply; of the first one if there were several.</summary>
    public string? Id { get; init; }

    /// <summary>Tokens of all inputs; null if the server did not count those of every reply.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>How many inputs, not what they say.</summary>
    public override string ToString() => $"{Results.Count} classified inputs";
}

/// <summary>What a classification model says about one input.</summary>
public sealed record Classification
{
    /// <summary>The input's place, from 0.</summary>
    public int Index { get; init; }

    /// <summary>
    /// The model's own name of the class that scored highest, or <c>LABEL_0</c> where it names none; null if the server said none. With one class it is
    /// always that one's name, however low it scored: see <see cref="Scores"/>.
    /// </summary>
    public string? Label { get; init; }

    /// <summary>The place of the class that scored highest in <see cref="Scores"/>, from 0.</summary>
    public int TopClass { get; init; }

    /// <summary>
    /// One number for each class, in the model's order; finite. As vLLM serves models by default they are probabilities; they are the model's own numbers,
    /// of any size, where <see cref="PoolingRequest.UseActivation"/> is false. The reply has the same name for both (<c>probs</c>), and names no other class.
    /// </summary>
    public required IReadOnlyList<double> Scores { get; init; }
}
