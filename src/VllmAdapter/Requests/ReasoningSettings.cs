namespace VllmAdapter;

/// <summary>Whether and how long the model reasons before it answers.</summary>
public sealed record ReasoningSettings
{
    /// <summary>How hard the model should reason, for models whose template reads it.</summary>
    /// <value>Null (default): not sent.</value>
    public ReasoningLevel? Effort { get; init; }

    /// <summary>
    /// How many tokens the model may spend on reasoning; they count against <see cref="ChatRequest.MaxTokens"/> too.
    /// </summary>
    /// <value>0 or more; -1 is without limit. Needs vLLM 0.19 and a server set up with a reasoning parser.</value>
    public int? MaxTokens { get; init; }

    /// <summary>Whether the reply shows the reasoning.</summary>
    /// <value>
    /// Null (default): true. False hides them, and with them log probabilities and token ids (gpt-oss since vLLM
    /// 0.10.1, all models since about 0.26); they are still generated and counted.
    /// </value>
    public bool? Include { get; init; }

    /// <summary>Switches reasoning on or off through the chat template's <c>enable_thinking</c>.</summary>
    /// <value>
    /// Null (default): as the template has it. Templates that call it otherwise (<c>thinking</c> in those of DeepSeek
    /// and Granite) take it from <see cref="PromptOptions.TemplateArguments"/>, which also outranks this.
    /// </value>
    public bool? Enabled { get; init; }
}
