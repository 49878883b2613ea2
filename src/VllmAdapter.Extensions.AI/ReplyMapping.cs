using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>What came back, as updates.</summary>
internal static class ReplyMapping
{
    /// <summary>Text and reasoning as they come. Pieces of tool calls stay in the raw chunk: nothing may act on them.</summary>
    public static void AddPiece(ResponseUpdates response, ChatChunk chunk, ShownText reasoning, ShownText text)
    {
        var update = new ChatResponseUpdate { Role = ChatRole.Assistant, RawRepresentation = chunk };
        if (reasoning.New(chunk.Reasoning) is { Length: > 0 } thought)
            update.Contents.Add(new TextReasoningContent(thought) { RawRepresentation = chunk });

        if (text.New(chunk.Text) is { Length: > 0 } said)
            update.Contents.Add(new TextContent(said) { RawRepresentation = chunk });

        // Asked the same again, the model said something else: another message.
        if (reasoning.BeginsAnew() | text.BeginsAnew())
            response.BeginMessage();

        response.Add(update);
    }

    /// <summary>What is known at the end of a turn.</summary>
    public static void AddRest(
        ResponseUpdates response, StreamOutcome turn, ChatChunk chunk, bool isLast, string refusal, IReadOnlyList<ToolDefinition> tools)
    {
        ChatResponseUpdate rest = Rest(turn, chunk, isLast, refusal, tools);
        if (rest.Contents.Count > 0)
            response.Add(rest, isShown: !IsBroken(turn));
    }

    /// <summary>The end of the response: its finish reason and its outcome.</summary>
    public static void AddEnd(ResponseUpdates response, StreamOutcome outcome, ChatChunk chunk)
    {
        var update = new ChatResponseUpdate
        {
            Role = ChatRole.Assistant,
            FinishReason = FinishReasonOf(outcome),
            RawRepresentation = ReferenceEquals(chunk.Outcome, outcome) ? chunk : chunk with { Outcome = outcome },
            AdditionalProperties = CarriedOutcome.With(outcome),
        };
        response.AddEnd(update, isShown: !IsBroken(outcome));
    }

    /// <summary>What is known at the end of a turn: its calls, what became of the others, and its usage.</summary>
    public static ChatResponseUpdate Rest(StreamOutcome turn, ChatChunk chunk, bool isLast, string refusal, IReadOnlyList<ToolDefinition> tools)
    {
        var update = new ChatResponseUpdate { Role = ChatRole.Assistant, RawRepresentation = chunk };
        foreach (ToolCall call in Callable(turn))
        {
            JsonElement? schema = tools.FirstOrDefault(tool => tool.Name == call.Name)?.Parameters;
            update.Contents.Add(new FunctionCallContent(call.Id, call.Name, ToolMapping.Arguments(call, schema, SignatureOf(turn, call))) { RawRepresentation = call });
        }

        if (refusal.Length > 0)
            update.Contents.Add(new ErrorContent(refusal) { ErrorCode = VllmChatClientExtensions.RefusalErrorCode });

        if (isLast)
        {
            foreach (ErrorContent error in Unusable(turn))
                update.Contents.Add(error);
        }

        if (turn.Usage is { } usage)
            update.Contents.Add(new UsageContent(Usage(usage)) { RawRepresentation = usage });

        return update;
    }

    /// <summary>Whether a finished turn wanted to call tools, but nothing of it can be used.</summary>
    public static bool IsUnusable(StreamOutcome turn) =>
        turn.IsComplete && !Declined(turn) && !Callable(turn).Any() && (Unusable(turn).Any() || turn.Notes.Any(note => note.Kind is
            OutcomeNoteKind.OutputMissing or OutcomeNoteKind.CallsAnnouncedNoneCame));

    public static bool IsBroken(StreamOutcome turn) => turn.Verdict is StreamVerdict.ServerError or StreamVerdict.Malformed
        or StreamVerdict.Stalled or StreamVerdict.Interrupted or StreamVerdict.Aborted;

    // A model that declines has answered: asking again does not change its mind.
    private static bool Declined(StreamOutcome turn) => turn.Evidence.Choices.Any(choice => choice is { Index: 0, RefusalLength: > 0 });

    private static IEnumerable<ToolCall> Callable(StreamOutcome turn) => turn.ToolCalls.Where(call => call.ChoiceIndex == 0 && IsCallable(turn, call));

    // A tool that only the middleware knows is its business: it may have tools of its own, and says by itself that there is none of this name.
    private static bool IsCallable(StreamOutcome turn, ToolCall call) => call.Problems.Count == 0
        || call.Problems.Count == (SignatureOf(turn, call) is { } tool ? QuotedNumbers.CountIn(call, tool) : 1);

    private static ToolSignature? SignatureOf(StreamOutcome turn, ToolCall call) => turn.Evidence.Request.Tools.FirstOrDefault(tool => tool.Name == call.Name);

    private static IEnumerable<ErrorContent> Unusable(StreamOutcome turn)
    {
        foreach (ToolCall call in turn.ToolCalls.Where(call => call.ChoiceIndex == 0 && !IsCallable(turn, call)))
        {
            yield return Error(
                $"The call of {call.Name} was not handed out. {string.Join(' ', call.Problems)}", call.Arguments, call);
        }

        foreach (WithheldToolCall call in turn.WithheldToolCalls.Where(call => call.ChoiceIndex == 0))
            yield return Error(call.Explain(), call.RawArguments, call);
    }

    private static ErrorContent Error(string message, string details, object call) => new(message)
    {
        ErrorCode = VllmChatClientExtensions.UnusableToolCallErrorCode,
        Details = details,
        RawRepresentation = call,
    };

    // The server's word, but for a cut that it hides behind another one or behind none. A turn without a word would show that of the turn before it.
    private static ChatFinishReason? FinishReasonOf(StreamOutcome turn) => turn switch
    {
        { Verdict: StreamVerdict.LengthLimited } or { Limit: LengthLimit.TokenBudget } => ChatFinishReason.Length,
        { Verdict: StreamVerdict.Unconfirmed } => VllmChatClientExtensions.UnconfirmedFinishReason,
        { FinishReason: { } reason } when reason == FinishReason.FunctionCall => ChatFinishReason.ToolCalls,
        { FinishReason: { } reason } when !string.IsNullOrWhiteSpace(reason.Value) => new ChatFinishReason(reason.Value),
        { Verdict: StreamVerdict.StoppedByPolicy } => VllmChatClientExtensions.StoppedByPolicyFinishReason,
        _ when IsBroken(turn) => null,
        _ => VllmChatClientExtensions.UnconfirmedFinishReason,
    };

    private static UsageDetails Usage(TokenUsage usage)
    {
        var details = new UsageDetails
        {
            InputTokenCount = usage.PromptTokens,
            OutputTokenCount = usage.CompletionTokens,
            TotalTokenCount = usage.TotalTokens,
            CachedInputTokenCount = usage.Details?.CachedPromptTokens,
            ReasoningTokenCount = usage.Details?.ReasoningTokens,
        };
        if (usage.Details?.CreatedCacheTokens is { } created)
            details.AdditionalCounts = new() { ["CreatedCacheTokens"] = created };

        return details;
    }
}
