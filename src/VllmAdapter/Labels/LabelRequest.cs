namespace VllmAdapter;

/// <summary>A chat whose answer is one of a few labels, and how likely the model finds each: for any model that writes text.</summary>
/// <remarks>
/// One request: the labels as the only texts that the server lets the model write, and the log probabilities of its tokens. A server that ignores
/// <c>structured_outputs</c> (vLLM 0.8.5) lets it write what it likes; then the probabilities of its first tokens alone decide.
/// </remarks>
/// <example>
/// <code>
/// var request = new LabelRequest { Chat = ChatRequest.FromPrompt("Is a llama a bird? Answer yes or no."), Labels = ["yes", "no"] };
/// </code>
/// </example>
public sealed record LabelRequest
{
    /// <summary>What is asked. It should name the labels and ask for one of them alone.</summary>
    /// <remarks>
    /// What is not set in it is set so: temperature 0, no thinking (<c>enable_thinking</c> false), as many tokens as the longest label may take, and the 20
    /// likeliest tokens of each place, which is what servers report at most unless configured otherwise (<c>--max-logprobs</c>).
    /// </remarks>
    public required ChatRequest Chat { get; init; }

    /// <summary>The labels: two or more, all different, without white space at their ends.</summary>
    public required IReadOnlyList<string> Labels { get; init => field = ValueList<string>.Of(value); }

    /// <summary>How many labels and messages, not what they say.</summary>
    public override string ToString() => $"LabelRequest: {Labels.Count} labels, {Chat.Messages.Count} messages";
}
