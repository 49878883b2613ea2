using System.Text.Json;

namespace VllmAdapter;

/// <summary>What the model wrote on each prompt, gathered, and how it ended.</summary>
public sealed record TextAnswer
{
    /// <summary>The text of the first choice of the first prompt; empty if nothing of it came.</summary>
    public string Text => Choices.FirstOrDefault(choice => choice is { PromptIndex: 0, ChoiceIndex: 0 })?.Text ?? "";

    /// <summary>What was received of each choice, by prompt and choice. One of which nothing came is not here, but in <see cref="StreamOutcome.Choices"/>.</summary>
    public IReadOnlyList<TextChoice> Choices { get; init; } = [];

    /// <summary>The tokens counted by the server over all prompts and choices, or null if it sent none.</summary>
    /// <remarks>With <see cref="TextRequest.MaxTokens"/> 0 the server counts one token, although it hands none out.</remarks>
    public TokenUsage? Usage => Outcome.Usage;

    /// <summary>How it ended; with several choices, the worst of their verdicts. Each has its own in <see cref="TextChoice.Outcome"/>.</summary>
    public required StreamOutcome Outcome { get; init; }

    /// <summary>The server's id of the reply.</summary>
    public string? Id => Outcome.Evidence.ResponseId;

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model => Outcome.Evidence.Model;

    /// <summary>Fields of the server's reply that the library has no property for and that are not null, by name; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

    /// <summary>What was received of one prompt's choices.</summary>
    /// <param name="promptIndex">The place of the prompt in <see cref="TextRequest.Prompts"/>.</param>
    public IEnumerable<TextChoice> ChoicesOf(int promptIndex) => Choices.Where(choice => choice.PromptIndex == promptIndex);

    /// <summary>The same answer in the terms of plain completions: of what an exception holds (<see cref="IncompleteStreamException.Received"/>).</summary>
    /// <param name="received">What was received of a request for plain completions.</param>
    public static TextAnswer Of(ChatAnswer received)
    {
        ArgumentNullException.ThrowIfNull(received);
        int perPrompt = ChoicesPerPrompt(received.Outcome.Evidence.Request);
        Dictionary<int, ChoiceOutcome> ends = received.Outcome.Choices.ToDictionary(choice => choice.Index);
        return new TextAnswer
        {
            Choices = [.. received.Choices.Select(choice => TextChoice.Of(choice, perPrompt, ends.GetValueOrDefault(choice.Index)))],
            Outcome = received.OutcomeWithText,
            Extra = received.Extra,
        };
    }

    /// <summary>The text of the first choice.</summary>
    public override string ToString() => Text;

    internal static int ChoicesPerPrompt(RequestEvidence request) => Math.Max(1, request.ChoiceCount / Math.Max(1, request.PromptCount));
}

/// <summary>What was received of one choice of one prompt.</summary>
public sealed record TextChoice
{
    /// <summary>The prompt: its place in <see cref="TextRequest.Prompts"/>.</summary>
    public int PromptIndex { get; init; }

    /// <summary>The choice of that prompt, from 0.</summary>
    public int ChoiceIndex { get; init; }

    /// <summary>The text; with <see cref="TextRequest.Echo"/> it begins with the prompt.</summary>
    public string Text { get; init; } = "";

    /// <summary>Log probabilities, if they were asked for.</summary>
    public IReadOnlyList<TokenLogprob>? Logprobs { get; init; }

    /// <summary>The ids of the generated tokens, if they were asked for.</summary>
    public IReadOnlyList<int>? TokenIds { get; init; }

    /// <summary>The ids of the prompt's tokens, if they were asked for.</summary>
    public IReadOnlyList<int>? PromptTokenIds { get; init; }

    /// <summary>Fields of the choice that the library has no property for and that are not null, by name, such as <c>prompt_logprobs</c>; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

    /// <summary>How this choice ended; null in one that was made by hand.</summary>
    public ChoiceOutcome? Outcome { get; init; }

    /// <summary>The server's word on why it ended, or null if it declared none.</summary>
    public FinishReason? FinishReason => Outcome?.FinishReason;

    /// <summary>The text.</summary>
    public override string ToString() => Text;

    internal static TextChoice Of(ChatChoice choice, int choicesPerPrompt, ChoiceOutcome? outcome) => new()
    {
        PromptIndex = choice.Index / choicesPerPrompt,
        ChoiceIndex = choice.Index % choicesPerPrompt,
        Text = choice.Text,
        Logprobs = choice.Logprobs,
        TokenIds = choice.TokenIds,
        PromptTokenIds = choice.PromptTokenIds,
        Extra = choice.Extra,
        Outcome = outcome,
    };
}
