namespace VllmAdapter;

/// <summary>The log probability of one token.</summary>
public sealed record TokenLogprob
{
    /// <summary>The token's text; it may be part of a character only.</summary>
    public string Token { get; init; } = "";

    /// <summary>
    /// The natural logarithm of the token's probability; vLLM sends -9999 for "practically none". <see cref="double.NaN"/> where there is none: the first
    /// token of an echoed prompt, which nothing comes before.
    /// </summary>
    public double Logprob { get; init; }

    /// <summary>The token's UTF-8 bytes, or null if the server sent none.</summary>
    public IReadOnlyList<int>? Bytes { get; init; }

    /// <summary>The most likely tokens at this position, as many as were asked for.</summary>
    public IReadOnlyList<TokenLogprob> Top { get; init; } = [];
}
