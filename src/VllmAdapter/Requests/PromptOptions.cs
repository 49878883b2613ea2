namespace VllmAdapter;

/// <summary>What to do with, and report about, the prompt that the messages become.</summary>
public sealed record PromptOptions
{
    /// <summary>Cuts the prompt to this many tokens.</summary>
    /// <value>
    /// 1 or more; -1 is as many as the model can take. Null (default): never cut, a prompt too long is refused.
    /// </value>
    public long? TruncateTo { get; init; }

    /// <summary>The side that a prompt too long is cut on (vLLM since about 0.22).</summary>
    /// <value>Null (default): the side that the tokenizer is set to.</value>
    public TruncationSide? TruncationSide { get; init; }

    /// <summary>How many of the likeliest alternatives to report with each token of the prompt.</summary>
    /// <value>
    /// 0 or more; -1 is the whole vocabulary. vLLM refuses it in a streamed request: set
    /// <see cref="ChatRequest.Stream"/> to <see cref="ReplyMode.Whole"/>.
    /// </value>
    public int? TopLogprobs { get; init; }

    /// <summary>Whether the reply carries the prompt as the chat template wrote it (vLLM since about 0.21).</summary>
    public bool? ReturnText { get; init; }
}

/// <summary>The side that a prompt is cut on.</summary>
public enum TruncationSide
{
    /// <summary>Drops the oldest tokens. Choose it to keep the latest turns.</summary>
    Left = 1,

    /// <summary>Drops the newest tokens. Choose it to keep the instructions.</summary>
    Right,
}
