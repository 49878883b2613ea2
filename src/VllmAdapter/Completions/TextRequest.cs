using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Prompts that the model is to write on as they stand, without a chat template (<c>POST /v1/completions</c>).</summary>
/// <remarks>
/// Immutable, so an instance may be kept, varied with <c>with</c> and sent from several threads at once; <see cref="Extra"/> must not be changed
/// meanwhile. Only what is set is sent.
/// </remarks>
/// <example>
/// <code>
/// TextAnswer answer = await adapter.CompleteTextAsync(new TextRequest
/// {
///     Prompts = ["Once upon a time", "Call me Ishmael."],
///     MaxTokens = 200,
/// });
///
/// foreach (TextChoice choice in answer.Choices)
///     Console.WriteLine($"{choice.PromptIndex}: {choice.Text} ({choice.Outcome?.Verdict})");
/// </code>
/// </example>
public sealed record TextRequest
{
    private readonly EqualJson _extra;

    /// <summary>The served model or LoRA adapter to use.</summary>
    /// <value>Null (default): the adapter's own model, and without one the first model that the server serves.</value>
    public string? Model { get; init; }

    /// <summary>What to write on: all of them texts, or all of them given by their tokens, which vLLM does not take together.</summary>
    /// <value>At least one (at most 1,024 since about vLLM 0.25), unless <see cref="Extra"/> carries <c>prompt</c> or <c>prompt_embeds</c>.</value>
    public required IReadOnlyList<TextPrompt> Prompts { get; init => field = ValueList<TextPrompt>.Of(value); }

    /// <summary>How many tokens each choice may have.</summary>
    /// <value>
    /// 1 or more; 0 together with <see cref="Echo"/> for the prompt alone. Null (default): the server's own number for this route, <b>which is 16</b>; it is
    /// then left out, for vLLM before 0.24 fails on a null. More than the window has room for is lowered in silence by 0.32.0, and refused before.
    /// </value>
    public int? MaxTokens { get; init; }

    /// <summary>How many choices to write for each prompt (<c>n</c>).</summary>
    /// <value>1 or more; null (default): 1. More than one is refused together with temperature 0.</value>
    public int? ChoiceCount { get; init; }

    /// <summary>How tokens are drawn and what stops them.</summary>
    /// <value>Null (default): the generation defaults of the server and the model.</value>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>The shape that the text must have.</summary>
    /// <value>Null (default): free text.</value>
    public StructuredOutput? Output { get; init; }

    /// <summary>Whether each choice begins with its prompt.</summary>
    /// <value>False (default). True: vLLM 0.8.5 cannot stream it and reports an error.</value>
    public bool Echo { get; init; }

    /// <summary>What follows what the model is to write: it fills in between prompt and suffix.</summary>
    /// <value>Null (default): nothing. Refused by vLLM before 0.31, and for models that cannot do it.</value>
    public string? Suffix { get; init; }

    /// <summary>Whether the choices come with the probabilities of their tokens; with <see cref="Echo"/> also of the prompt's.</summary>
    /// <value>Null (default): without.</value>
    /// <remarks>Wire fields: <c>logprobs</c>, here a number, <c>logprob_token_ids</c>, <c>return_tokens_as_token_ids</c>.</remarks>
    public LogprobOptions? Logprobs { get; init; }

    /// <summary>How many of the most likely alternatives to report with each token of the prompt.</summary>
    /// <value>
    /// 0 or more; -1 is the whole vocabulary. They are in <see cref="TextChoice.Extra"/> under <c>prompt_logprobs</c>. vLLM refuses them in a streamed
    /// request: set <see cref="Stream"/> to false.
    /// </value>
    public int? PromptLogprobs { get; init; }

    /// <summary>Cuts each prompt to this many tokens.</summary>
    /// <value>1 or more; -1 is as many as the model can take. Null (default): never cut, a prompt too long is refused.</value>
    public long? TruncateTo { get; init; }

    /// <summary>Whether the tokenizer adds its special tokens to prompts given as text.</summary>
    /// <value>Null (default): true.</value>
    public bool? AddSpecialTokens { get; init; }

    /// <summary>How the serving engine treats the request: scheduling, caching, hand-over between engines.</summary>
    /// <value>Null (default): like any other.</value>
    public ServingOptions? Serving { get; init; }

    /// <summary>When a streamed reply reports the tokens spent.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public UsageReporting? UsageReporting { get; init; }

    /// <summary>Whether the server streams its reply or sends it whole.</summary>
    /// <value>True (default). False for what vLLM does not stream here: beam search and the probabilities of the prompt.</value>
    public bool Stream { get; init; } = true;

    /// <summary>When to stop reading the reply.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IStreamTerminationPolicy? Termination { get; init; }

    /// <summary>What to do when the reply does not end the way an answer ends.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IncompleteStreamBehavior? OnIncompleteStream { get; init; }

    /// <summary>Who the request is made for, in the caller's own terms.</summary>
    /// <value>Null (default): not sent.</value>
    public string? User { get; init; }

    /// <summary>The HTTP headers of this request.</summary>
    /// <value>Null (default): only what the adapter itself sends.</value>
    public RequestHeaders? Headers { get; init; }

    /// <summary>Further fields of the body, merged at its top level and with the last word; only <c>stream</c> has to agree with <see cref="Stream"/>.</summary>
    /// <value>Null (default): none.</value>
    public JsonObject? Extra { get => _extra.Json; init => _extra = new(value); }

    /// <summary>Whether the request is sent as it is, even if every vLLM is known to refuse it, or some version to end on it.</summary>
    /// <value>False (default): an <see cref="ArgumentException"/> says what is wrong, with the member and its range, before anything is sent.</value>
    public bool SendUnchecked { get; init; }

    /// <summary>A request with one prompt.</summary>
    /// <param name="prompt">The text to write on.</param>
    public static TextRequest FromPrompt(string prompt) => new() { Prompts = [TextPrompt.FromText(prompt)] };

    /// <summary>The request that lets the model write on where its text broke off: the prompt, with what was received behind it.</summary>
    /// <param name="cut">How the text of this request ended, as the adapter's stream gave it; read from JSON it has no text.</param>
    /// <remarks>
    /// Max tokens are lowered by what was spent; raise <see cref="MaxTokens"/> first to go on with a text that max tokens had cut. Where nothing was
    /// received, it is the same request.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The text cannot be written on: it has several prompts or choices, a prompt of tokens, an echo, an output format, or no token left.
    /// </exception>
    public TextRequest Continuing(StreamOutcome cut)
    {
        ArgumentNullException.ThrowIfNull(cut);
        return TextContinuation.Obstacle(this, cut) is { } obstacle
            ? throw new ArgumentException($"The text cannot be written on: {obstacle}. Ask again from the start.", nameof(cut))
            : TextContinuation.Of(this, cut);
    }

    /// <summary>What the request consists of, in counts, not what it says.</summary>
    public override string ToString() =>
        $"Text request: {OutcomeNotes.Count(Prompts.Count, "prompt")}{(Model is { } model ? $", model {model}" : "")}"
        + $"{(MaxTokens is { } most ? $", at most {OutcomeNotes.Count(most, "token")}" : "")}{(Stream ? "" : ", not streamed")}";
}
