using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>How the messages are turned into the prompt.</summary>
public sealed record PromptOptions
{
    /// <summary>
    /// Variables for the chat template (<c>chat_template_kwargs</c>), such as <c>{"enable_thinking": false}</c>.
    /// </summary>
    /// <value>Null (default): none. They outrank what <see cref="VllmAdapter.ReasoningSettings.Enabled"/> sets.</value>
    public JsonObject? TemplateArguments { get; init; }

    /// <summary>A chat template (Jinja) to use instead of the model's own.</summary>
    /// <value>
    /// Null (default): the model's own. vLLM answers 400 unless it runs with <c>--trust-request-chat-template</c>.
    /// </value>
    public string? ChatTemplate { get; init; }

    /// <summary>Documents for templates that ground answers in them.</summary>
    public IReadOnlyList<JsonObject> Documents { get; init; } = [];

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
}
