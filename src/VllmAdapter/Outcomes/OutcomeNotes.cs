using System.Globalization;

namespace VllmAdapter;

/// <summary>Finds what a verdict alone does not say.</summary>
internal static class OutcomeNotes
{
    public static IReadOnlyList<OutcomeNote> Of(StreamOutcome outcome, IReadOnlyList<ChoiceEvidence> choices)
    {
        List<OutcomeNote> notes = [];
        StreamEvidence evidence = outcome.Evidence;
        void Note(OutcomeNoteKind kind, string text) => notes.Add(new OutcomeNote(kind, text));

        for (int i = 0; i < choices.Count; i++)
            NoteChoice(evidence, choices[i], outcome.Choices[i], Note);

        if (evidence.Usage is null)
            Note(OutcomeNoteKind.UsageMissing, "The server sent no usage, so the tokens spent are not known.");

        if (outcome.ToolCalls.Any(call => MayBeCut(outcome.Choices.First(choice => choice.Index == call.Choice))))
            Note(OutcomeNoteKind.CutNotExcluded, "Without a token count it cannot be excluded that the token limit cut a call.");

        if (evidence.EveryChoiceDeclared && !evidence.EndIsMarked && outcome.Verdict is not (StreamVerdict.Cancelled
            or StreamVerdict.Abandoned or StreamVerdict.ServerError or StreamVerdict.Malformed))
            Note(OutcomeNoteKind.EndedWithoutMarker, WithoutMarker(outcome));

        if (evidence.LastEventUnterminated)
            Note(OutcomeNoteKind.LastEventUnterminated, "The last event lacked its closing blank line but could be read.");

        if (evidence.EventsAfterSentinel > 0)
            Note(OutcomeNoteKind.EventsAfterMarker, $"{Count(evidence.EventsAfterSentinel, "event")} came after the end marker and were ignored.");

        if (evidence.ResponseIdChanged)
            Note(OutcomeNoteKind.ResponseIdChanged, "The reply's id changed on the way; a gateway may have switched servers.");

        if (evidence.TextIsLossy)
            Note(OutcomeNoteKind.LossyText, "Some text was not valid UTF-8; the replacement character stands in its place.");

        if (evidence.Oddities > 0)
            Note(OutcomeNoteKind.OddFields, $"{Count(evidence.Oddities, "field")} of an unexpected type passed over.");

        if (evidence.Choices.Count > Math.Max(1, evidence.Asked.Choices))
            Note(OutcomeNoteKind.UnexpectedChoices, $"{evidence.Choices.Count} choices came, {evidence.Asked.Choices} asked for.");

        if (evidence.FailedAttempts.Count > 0)
            Note(OutcomeNoteKind.Retried, $"Attempt {evidence.FailedAttempts.Count + 1} was answered; before it: {evidence.FailedAttempts[^1].Reason}");

        return notes;
    }

    private static void NoteChoice(
        StreamEvidence evidence, ChoiceEvidence choice, ChoiceOutcome ruling, Action<OutcomeNoteKind, string> note)
    {
        string who = evidence.Asked.Choices > 1 ? $"Choice {choice.Index}: " : "";
        if (ruling.Verdict == StreamVerdict.Unconfirmed && OutcomeJudge.OutputIsMissing(evidence, choice))
            note(OutcomeNoteKind.OutputMissing, who + MissingOutput(evidence, choice));

        if (choice.HasDeclared && ruling.Verdict == StreamVerdict.Completed && TokenRoom.IsAtCap(evidence, choice))
            note(OutcomeNoteKind.EndedAtTheCap, $"{who}The answer ended on exactly the last token allowed, and the server says that it was finished.");

        if (ruling.Verdict == StreamVerdict.LengthLimited && choice is { TextLength: 0, ReasoningLength: > 0, ToolCalls.Count: 0 })
            note(OutcomeNoteKind.AllReasoning, $"{who}All tokens went to reasoning and none to an answer.");

        if (choice.Declared.Count > 1)
            note(OutcomeNoteKind.ConflictingFinishReasons, $"{who}The server declared {string.Join(" and ", choice.Declared)}; the worse one counts.");

        if (choice.HasLateOutput)
            note(OutcomeNoteKind.LateOutput, $"{who}Output came after the finish reason and was accepted.");

        if (choice.Declared.Any(reason => reason.SaysCalls) && choice.ToolCalls.Count == 0 && choice.HasOutput)
            note(OutcomeNoteKind.CallsAnnouncedNoneCame, $"{who}The server declared tool calls, but none came.");
    }

    // "stop" is believed without a count; "tool_calls" and silence are not.
    private static bool MayBeCut(ChoiceOutcome choice) =>
        choice.CompletionTokens is null && choice.FinishReason is not { SaysCalls: false };

    private static string MissingOutput(StreamEvidence evidence, ChoiceEvidence choice) =>
        !choice.HasOutput && TokenRoom.CountedFor(evidence, choice) is { } tokens and > 0
            ? $"The server counted {Count(tokens, "token")} but delivered nothing; ask once more without streaming."
            : "A tool call was required, but none came; ask once more without streaming.";

    private static string WithoutMarker(StreamOutcome outcome) => outcome.Evidence.BodyEnd switch
    {
        BodyEnd.Cut => "The connection broke after the finish reason; usage may be missing.",
        BodyEnd.InsideEvent => "The body ended inside an event after the finish reason; usage may be missing.",
        BodyEnd.InOrder => "The body ended after the finish reason without the end marker.",
        _ => "The end marker did not come after the finish reason; the adapter stopped waiting for it.",
    };

    internal static string Count(long number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");
}
