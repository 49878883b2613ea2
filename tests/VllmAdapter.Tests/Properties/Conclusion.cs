using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>All that a caller may rely on, in one value that can be compared: it must not depend on how the bytes came.</summary>
internal sealed record Conclusion(string End, string Said, string Calls, string Error, string Notes)
{
    /// <param name="played">What came.</param>
    /// <param name="besides">A note that is told apart.</param>
    public static Conclusion Of(Played played, OutcomeNoteKind? besides = null) => played.Completion is { } answer
        ? Of(answer, played.Failure, besides)
        : Of(played.Failure as VllmRequestException, played.Failure);

    private static Conclusion Of(ChatAnswer answer, Exception? failure, OutcomeNoteKind? besides)
    {
        StreamOutcome outcome = answer.Outcome;
        return new Conclusion(
            $"{failure?.GetType().Name} {outcome.Verdict} {outcome.Certainty} {Joined(outcome.Choices, choice => $"{choice.Index}={choice.Verdict}:{choice.FinishReason?.Value}")} {outcome.Usage?.CompletionTokens}",
            Joined(answer.Choices, choice => $"{choice.Index}={choice.Reasoning}|{choice.Text}"),
            Joined(outcome.ToolCalls, call => $"{call.ChoiceIndex}={call.Name}({call.Arguments})")
                + Joined(outcome.WithheldToolCalls, call => $"{call.ChoiceIndex}={call.Name}({call.RawArguments}) {call.Reason}"),
            OnLineFeeds($"{outcome.Evidence.Error?.Message} {outcome.Evidence.Error?.Type} {outcome.Evidence.Error?.Code}"),
            Joined(outcome.Notes.Where(note => note.Kind != besides).OrderBy(note => note.Kind), note => note.Kind.ToString()));
    }

    private static Conclusion Of(VllmRequestException? refused, Exception? failure) => new(
        $"{failure?.GetType().Name} {refused?.Failure} {refused?.StatusCode}",
        "",
        "",
        OnLineFeeds($"{refused?.ServerMessage} {refused?.ServerErrorType} {refused?.ServerErrorCode} {refused?.ContextRefusal}"),
        "");

    // A text that is quoted keeps the line ends that it came with.
    private static string OnLineFeeds(string text) => text.ReplaceLineEndings("\n").Trim();

    private static string Joined<T>(IEnumerable<T> items, Func<T, string> told) => string.Join("; ", items.Select(told));
}
