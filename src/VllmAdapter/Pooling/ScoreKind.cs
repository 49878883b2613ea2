namespace VllmAdapter;

/// <summary>
/// What a score means. No reply of a server says it, so it is the caller's word, from the model and how the server was started; a name of your own is
/// as good.
/// </summary>
/// <remarks>
/// Scores of two kinds, or of two models, cannot be compared with one another, nor checked against the same threshold. Where a kind has a range, a score
/// outside of it is refused: then the word is wrong for the server that answered.
/// </remarks>
/// <param name="Name">Its name.</param>
public readonly record struct ScoreKind(string Name)
{
    // What 32-bit floats leave open.
    private const double Slack = 1e-3;

    /// <summary>From 0 to 1, each on its own: a cross-encoder (a classifier with one label) as vLLM serves it by default.</summary>
    public static ScoreKind Sigmoid { get; } = new("sigmoid");

    /// <summary>From 0 to 1, with 1 as the sum over the classes: a classifier with several labels as vLLM serves it by default.</summary>
    public static ScoreKind Softmax { get; } = new("softmax");

    /// <summary>Any number: a classifier's own value before sigmoid or softmax (<see cref="PoolingRequest.UseActivation"/> false).</summary>
    public static ScoreKind Logit { get; } = new("logit");

    /// <summary>From -1 to 1: an embedding model that is asked to score or to rank.</summary>
    public static ScoreKind Cosine { get; } = new("cosine");

    /// <summary>Any number, usually above 1: a model of token embeddings (late interaction, ColBERT) that is asked to score or to rank.</summary>
    public static ScoreKind MaxSim { get; } = new("maxsim");

    /// <inheritdoc/>
    public override string ToString() => Name ?? "";

    internal (double Least, double Most) Range => Name switch
    {
        "sigmoid" or "softmax" => (0, 1),
        "cosine" => (-1, 1),
        _ => (double.NegativeInfinity, double.PositiveInfinity),
    };

    internal bool Allows(double score) => score >= Range.Least - Slack && score <= Range.Most + Slack;
}
