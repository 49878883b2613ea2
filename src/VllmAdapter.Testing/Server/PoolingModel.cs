namespace VllmAdapter.Testing;

/// <summary>What a fake pooling model makes of its inputs.</summary>
internal sealed class PoolingModel(FakeVllmOptions options)
{
    // The length of an embedding that is not normalised; of a real model it was 7.03.
    private const float Raw = 7;

    public float[] Embed(string text, int? dimensions, bool activate)
    {
        float[] vector = WordVectors.Of(text, options.EmbeddingSize);
        if (dimensions is { } size)
            vector = WordVectors.Scaled(vector[..size], 1);
        return activate ? vector : WordVectors.Scaled(vector, Raw);
    }

    /// <summary>A vector for each token, those of beginning and end among them.</summary>
    public float[][] EmbedTokens(string text) =>
        [.. Tokenizer.Split(text).Prepend("[CLS]").Append("[SEP]").Select(token => WordVectors.Of(token, options.EmbeddingSize))];

    public double[] Classify(string text, bool activate)
    {
        if (!options.Kinds.HasFlag(ModelKinds.Classifies))
            return [Score(text, "yes", activate)];

        // A label that stands in the text is the likeliest.
        double[] logits = [.. options.Labels.Select(label => 4 * Cosine(text, label))];
        if (!activate)
            return logits;

        double[] powers = [.. logits.Select(Math.Exp)];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    public double Score(string query, string document, bool activate)
    {
        if (options.Kinds.HasFlag(ModelKinds.Ranks))
        {
            double logit = 12 * Cosine(query, document) - 4;
            return activate ? 1 / (1 + Math.Exp(-logit)) : logit;
        }

        if (options.Kinds.HasFlag(ModelKinds.Embeds))
            return Cosine(query, document);

        float[][] tokens = EmbedTokens(document);
        return EmbedTokens(query).Sum(token => tokens.Max(other => WordVectors.Cosine(token, other)));
    }

    private double Cosine(string one, string other) =>
        WordVectors.Cosine(WordVectors.Of(one, options.EmbeddingSize), WordVectors.Of(other, options.EmbeddingSize));
}
