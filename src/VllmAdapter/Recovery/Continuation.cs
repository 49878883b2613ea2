namespace VllmAdapter;

/// <summary>Says whether an answer can be continued, and makes the request that does it.</summary>
internal static class Continuation
{
    /// <summary>Whether more of the answer can be expected from asking again, now.</summary>
    public static bool IsWorthTrying(StreamOutcome cut) => cut.Verdict switch
    {
        StreamVerdict.Interrupted or StreamVerdict.Aborted => true,
        StreamVerdict.Stalled => cut.TerminatedBy != TerminationCause.Deadline,
        StreamVerdict.ServerError => ErrorOf(cut) is not { } error || !BlamesTheRequest(error),
        _ => false,
    };

    /// <summary>Why it cannot be continued, as half a sentence; null if it can.</summary>
    public static string? Obstacle(ChatRequest request, StreamOutcome cut) => cut switch
    {
        _ when cut.Evidence.Request.ChoiceCount > 1 || cut.Evidence.Choices.Count > 1 => "it has several choices",
        _ when cut.ToolCalls.Count + cut.WithheldToolCalls.Count > 0 => "it has a tool call",
        _ when cut.Evidence.Request.RequiresCall => "it had to be a tool call",
        _ when request.Output is not null || HasFormatInExtra(request) => "its output format would start over",
        _ when string.IsNullOrWhiteSpace(TextOf(cut)) && ReasoningOf(cut).Length > 0 => "its reasoning is not over",
        _ when RequestMaxTokens.Of(request) - Spent(cut) < 1 => "its max tokens are spent",
        _ => null,
    };

    public static ChatRequest Of(ChatRequest request, StreamOutcome cut) =>
        WriteOn(WithRestOfMaxTokens(request, cut), TextOf(cut), ReasoningOf(cut));

    /// <summary>The request with lower max tokens, for what was spent already.</summary>
    public static ChatRequest WithRestOfMaxTokens(ChatRequest request, StreamOutcome cut)
    {
        int spent = Spent(cut);
        ChatRequest lowered = RequestMaxTokens.Of(request) is { } maxTokens ? RequestMaxTokens.Set(request, maxTokens - spent) : request;
        return lowered.Sampling?.MinTokens is { } least
            ? lowered with { Sampling = lowered.Sampling with { MinTokens = Math.Max(0, least - spent) } }
            : lowered;
    }

    /// <summary>The request whose answer begins after the text; with no text it starts over.</summary>
    public static ChatRequest WriteOn(ChatRequest request, string text, string reasoning)
    {
        if (text.Length == 0)
            return request;

        // The answer that is continued may itself continue a message.
        AssistantMessage? begun = request.Prompt?.ContinueFinalMessage is true ? request.Messages[^1] as AssistantMessage : null;
        string thoughts = begun?.Reasoning + reasoning;
        var message = (begun ?? new AssistantMessage()) with
        {
            Text = begun?.Text + text,
            Reasoning = thoughts.Length > 0 ? thoughts : null,
        };
        return request with
        {
            Messages = [.. begun is null ? request.Messages : request.Messages.SkipLast(1), message],
            Prompt = (request.Prompt ?? new PromptOptions()) with
            {
                ContinueFinalMessage = true,
                AddGenerationPrompt = false,
                Echo = null,
            },
        };
    }

    public static string TextOf(StreamOutcome outcome) => outcome.Received.FirstOrDefault(choice => choice.Index == 0)?.Text ?? "";

    /// <summary>Whether the tokens spent were counted; if not, every chunk after the first, which opens the answer, had at least one.</summary>
    public static bool IsCounted(StreamOutcome cut) => cut.Usage is not null && TokenRoom.IsCredible(cut.Evidence);

    public static int Spent(StreamOutcome cut) =>
        IsCounted(cut) ? cut.Usage!.CompletionTokens : Math.Max(0, cut.Evidence.Choices.Sum(choice => choice.Chunks) - 1);

    private static string ReasoningOf(StreamOutcome outcome) => outcome.Received.FirstOrDefault(choice => choice.Index == 0)?.Reasoning ?? "";

    private static bool HasFormatInExtra(ChatRequest request) =>
        request.Extra is { } extra && (extra["response_format"] is not null || extra["structured_outputs"] is not null);

    private static ServerError? ErrorOf(StreamOutcome outcome) =>
        outcome.Evidence.Error ?? outcome.Evidence.Choices.FirstOrDefault(choice => choice.Error is not null)?.Error;

    private static bool BlamesTheRequest(ServerError error)
    {
        FailureMeaning meaning = FailureClassifier.Classify(new() { Status = System.Net.HttpStatusCode.OK, Error = error, InsideStream = true });
        return meaning is { IsRetryable: false, Failure: not RequestFailure.ServerError };
    }
}
