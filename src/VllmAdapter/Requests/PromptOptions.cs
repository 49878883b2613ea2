using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>How the messages become the prompt, how much of it is kept, and what is reported about it.</summary>
public sealed record PromptOptions
{
    private readonly EqualJson _templateArguments;

    /// <summary>
    /// Variables for the chat template (<c>chat_template_kwargs</c>), such as <c>{"enable_thinking": false}</c>.
    /// </summary>
    /// <value>Null (default): none. They outrank what <see cref="ReasoningSettings.Enabled"/> sets.</value>
    public JsonObject? TemplateArguments { get => _templateArguments.Json; init => _templateArguments = new(value); }

    /// <summary>A chat template (Jinja) to use instead of the model's own.</summary>
    /// <value>
    /// Null (default): the model's own. vLLM answers 400 unless it runs with <c>--trust-request-chat-template</c>.
    /// </value>
    public string? ChatTemplate { get; init; }

    /// <summary>Documents for templates that ground answers in them.</summary>
    public IReadOnlyList<JsonObject> Documents { get; init => field = ValueList<JsonObject>.Of(value, JsonComparer.Instance); } = ValueList<JsonObject>.Empty;

    /// <summary>Whether the model writes on where the last message, one of the assistant, ends.</summary>
    /// <value>
    /// Null (default): false. When true and <see cref="AddGenerationPrompt"/> is not set, that is sent as false: vLLM
    /// refuses both at once and takes the latter for true when it is missing.
    /// </value>
    public bool? ContinueFinalMessage { get; init; }

    /// <summary>Whether the template opens a new answer of the assistant at the end of the prompt.</summary>
    /// <value>Null (default): true.</value>
    public bool? AddGenerationPrompt { get; init; }

    /// <summary>Whether the tokenizer adds its special tokens to what the template wrote.</summary>
    /// <value>Null (default): false, for templates write them themselves.</value>
    public bool? AddSpecialTokens { get; init; }

    /// <summary>Whether the answer begins with a repetition of the last message, if the assistant said it.</summary>
    /// <value>Null (default): false.</value>
    public bool? Echo { get; init; }

    /// <summary>Cuts the prompt to this many tokens.</summary>
    /// <value>
    /// 1 or more; -1 is as many as the model can take. Null (default): never cut, a prompt too long is refused.
    /// </value>
    public long? TruncateTo { get; init; }

    /// <summary>The side that a prompt too long is cut on (vLLM since about 0.22).</summary>
    /// <value>Null (default): the side that the tokenizer is set to.</value>
    public TruncationSide? TruncationSide { get; init; }

    /// <summary>How many of the most likely alternatives to report with each token of the prompt.</summary>
    /// <value>
    /// 0 or more; -1 is the whole vocabulary. vLLM refuses it in a streamed request: set
    /// <see cref="ChatRequest.Stream"/> to false.
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
