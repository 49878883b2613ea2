using System.Globalization;

namespace VllmAdapter.Server;

/// <summary>What a request would come to, known before it is sent.</summary>
public sealed record RequestPlan
{
    /// <summary>What the numbers rest on.</summary>
    public PlanSource Source { get; init; }

    /// <summary>Tokens of the prompt, template and tools included; null if they cannot be counted.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>
    /// Whether the prompt may be longer than <see cref="PromptTokens"/>, because what counted them leaves something out.
    /// </summary>
    public bool PromptIsLowerBound { get; init; }

    /// <summary>Tokens that prompt and output may have together; null if it is not known.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>Tokens that the prompt leaves for output, 0 if none; null if either number is unknown.</summary>
    public int? Room => PromptTokens is { } prompt && ContextWindow is { } window ? Math.Max(0, window - prompt) : null;

    /// <summary>The max tokens that the request asks for, however they were set; null if it asks for none.</summary>
    public int? RequestedMaxTokens { get; init; }

    /// <summary>What the server will do with those max tokens.</summary>
    public MaxTokensHandling Handling { get; init; }

    /// <summary>The output tokens that the server will allow; null if it refuses, or if that is not known.</summary>
    /// <remarks>Where the request asks for no max tokens and the server did not render it, this is the most that it can be.</remarks>
    public int? GrantedMaxTokens { get; init; }

    /// <summary>The request with max tokens that fit: the same where they fit or none were asked for; null if the prompt leaves no room.</summary>
    public ChatRequest? Fitted { get; init; }

    /// <summary>The plan in one or two sentences, with the numbers in them.</summary>
    public string Explain()
    {
        string prompt = PromptTokens is null ? "of unknown length" : $"of {(PromptIsLowerBound ? "at least " : "")}{Count(PromptTokens)} tokens";
        string window = ContextWindow is null ? "an unknown context window" : $"a context window of {Count(ContextWindow)}";
        return $"A prompt {prompt} in {window}{(Room is null ? "" : $" leaves room for {Count(Room)}")} ({Basis}). {What}";
    }

    /// <inheritdoc/>
    public override string ToString() => Explain();

    private string Basis => Source switch
    {
        PlanSource.Render => "rendered by the server",
        PlanSource.Tokenize => "counted by the server's tokenizer",
        _ => "the server counts no prompts",
    };

    private string What => Handling switch
    {
        MaxTokensHandling.Granted => $"The {Count(RequestedMaxTokens)} output tokens asked for fit.",
        MaxTokensHandling.Filled => $"No max tokens were asked for; the server allows up to {Count(GrantedMaxTokens)}.",
        MaxTokensHandling.Lowered => $"The server will lower the {Count(RequestedMaxTokens)} output tokens asked for to {Count(GrantedMaxTokens)}.",
        MaxTokensHandling.Refused when Fitted is null => "The server will refuse it: shorten the messages.",
        MaxTokensHandling.Refused when Fitted!.MaxTokens is null =>
            $"The server will refuse the {Count(RequestedMaxTokens)} output tokens asked for: leave max tokens out.",
        MaxTokensHandling.Refused => $"The server will refuse the {Count(RequestedMaxTokens)} output tokens asked for; {Count(Fitted.MaxTokens)} fit.",
        _ => "What the server will do with max tokens is not known.",
    };

    private static string Count(int? tokens) => tokens?.ToString("N0", CultureInfo.InvariantCulture) ?? "an unknown number of";
}

/// <summary>What a <see cref="RequestPlan"/> rests on.</summary>
public enum PlanSource
{
    /// <summary>The server prepared this exact request without running it: rely on the numbers.</summary>
    Render = 1,

    /// <summary>The server's tokenizer counted the prompt: see <see cref="RequestPlan.PromptIsLowerBound"/>.</summary>
    Tokenize,

    /// <summary>The server, or the gateway in front of it, offers neither: only the context window may be known.</summary>
    Unknown,
}

/// <summary>What the server will do with the max tokens of a request.</summary>
public enum MaxTokensHandling
{
    /// <summary>Max tokens fit: send the request.</summary>
    Granted = 1,

    /// <summary>No max tokens were asked for and there is room: send the request; the server uses the room, or a lower default of its own.</summary>
    Filled,

    /// <summary>
    /// The server quietly lowers max tokens to the room that is left (vLLM 0.32.0): send it if fewer tokens will do, or shorten the messages.
    /// </summary>
    Lowered,

    /// <summary>
    /// The server answers 400 (vLLM up to 0.20.2; every version if the prompt alone, or max tokens alone, exceed the window): send
    /// <see cref="RequestPlan.Fitted"/>, or shorten the messages if there is none.
    /// </summary>
    Refused,

    /// <summary>A number is missing, or the server's version: send <see cref="RequestPlan.Fitted"/> and be ready for a refusal.</summary>
    Unknown,
}
