namespace VllmAdapter;

/// <summary>Says whether a text can be written on, and makes the request that does it.</summary>
internal static class TextContinuation
{
    /// <summary>Why it cannot be written on, as half a sentence; null if it can.</summary>
    public static string? Obstacle(TextRequest request, StreamOutcome cut) => request switch
    {
        { Prompts.Count: not 1 } => "it has several prompts",
        _ when cut.Evidence.Request.ChoiceCount > 1 || cut.Evidence.Choices.Count > 1 => "it has several choices",
        { Prompts: [{ Text: null }] } => "its prompt was given by tokens",
        { Echo: true } => "it repeats its prompt",
        { Output: not null } => "its output format would start over",
        { MaxTokens: { } most } when most - Continuation.Spent(cut) < 1 => "its max tokens are spent",
        _ => null,
    };

    public static TextRequest Of(TextRequest request, StreamOutcome cut)
    {
        int spent = Continuation.Spent(cut);
        return request with
        {
            Prompts = [TextPrompt.FromText(request.Prompts[0].Text + Continuation.TextOf(cut))],
            MaxTokens = request.MaxTokens - spent,
            Sampling = request.Sampling?.MinTokens is { } least ? request.Sampling with { MinTokens = Math.Max(0, least - spent) } : request.Sampling,
        };
    }
}
