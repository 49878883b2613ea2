namespace VllmAdapter;

/// <summary>Asks for the log probability of every token of the answer.</summary>
/// <remarks>Those of the prompt are asked for with <see cref="PromptOptions.TopLogprobs"/>.</remarks>
public sealed record LogprobOptions
{
    /// <summary>How many of the most likely alternatives to report with each token.</summary>
    /// <value>
    /// 0 up to the server's <c>--max-logprobs</c> (20 unless set); -1 is the whole vocabulary. Null (default): none.
    /// </value>
    public int? TopLogprobs { get; init; }

    /// <summary>
    /// Tokens to report with each position whether likely or not, by their ids (vLLM since about 0.26, at most 128).
    /// </summary>
    public IReadOnlyList<int> TokenIds { get; init => field = ValueList<int>.Of(value); } = ValueList<int>.Empty;

    /// <summary>
    /// Whether tokens are written as <c>token_id:N</c> instead of text, which tells unprintable ones apart (vLLM 0.8
    /// and later).
    /// </summary>
    public bool? TokensAsIds { get; init; }
}
