using System.Globalization;

namespace VllmAdapter;

/// <summary>Finds what a verdict alone does not say.</summary>
internal static class OutcomeNotes
{
    public static void AddTo(NoteList notes, StreamOutcome outcome, IReadOnlyList<ChoiceEvidence> choices)
    {
        StreamEvidence evidence = outcome.Evidence;
        for (int i = 0; i < choices.Count; i++)
            ChoiceNotes.Of(evidence, choices[i], outcome.Choices[i], notes);

        if (evidence.Usage is null)
            notes.Add(OutcomeNoteKind.UsageMissing, "The server sent no usage, so the tokens spent are not known.");

        if (CutNotExcluded(outcome, choices) is { } missing)
            notes.Add(OutcomeNoteKind.CutNotExcluded, missing);

        if (evidence.EveryChoiceDeclared && !evidence.EndIsMarked && outcome.Verdict is not (StreamVerdict.Canceled
            or StreamVerdict.Abandoned or StreamVerdict.ServerError or StreamVerdict.Malformed))
            notes.Add(OutcomeNoteKind.EndedWithoutSentinel, WithoutSentinel(outcome));

        if (evidence.LastEventUnterminated)
            notes.Add(OutcomeNoteKind.LastEventUnterminated, "The last event lacked its closing blank line but could be read.");

        if (evidence.EventsAfterSentinel > 0)
            notes.Add(OutcomeNoteKind.EventsAfterSentinel, $"{Count(evidence.EventsAfterSentinel, "event")} came after the sentinel and were ignored.");

        if (evidence.HasChangedResponseId)
            notes.Add(OutcomeNoteKind.ResponseIdChanged, "The reply's id changed on the way; a gateway may have switched servers.");

        if (evidence.TextIsLossy)
            notes.Add(OutcomeNoteKind.LossyText, "Some text was not valid UTF-8; the replacement character stands in its place.");

        if (evidence.LooksCumulative)
            notes.Add(OutcomeNoteKind.CumulativeText, "Each piece of text repeats all text before it, so the text appears several times over.");

        if (evidence.HasUnwantedReasoning)
            notes.Add(OutcomeNoteKind.UnwantedReasoning, "Reasoning came although the request hid it; it was left out, and its tokens count.");

        if (evidence.Oddities > 0)
            notes.Add(OutcomeNoteKind.OddFields, $"{Count(evidence.Oddities, "field")} of an unexpected type skipped.");

        if (UnexpectedChoices(evidence) is { } numbers)
            notes.Add(OutcomeNoteKind.UnexpectedChoices, numbers);

        if (evidence.FailedAttempts.Count > 0)
            notes.Add(OutcomeNoteKind.Retried, $"Attempt {evidence.FailedAttempts.Count + 1} was answered; before it: {evidence.FailedAttempts[^1].Reason}");
    }

    // "stop" is believed without a count; "tool_calls" and silence are not.
    private static string? CutNotExcluded(StreamOutcome outcome, IReadOnlyList<ChoiceEvidence> choices)
    {
        if (outcome.ToolCalls.Count == 0)
            return null;

        HashSet<int> ready = [.. outcome.ToolCalls.Select(call => call.ChoiceIndex)];
        return choices
            .Where(choice => ready.Contains(choice.Index) && (!choice.HasDeclared || choice.Declared.Any(reason => reason.MayHideLength)))
            .Where(choice => !TokenRoom.IsShown(outcome.Evidence, choice))
            .Select(choice => WhatWouldShowRoom(outcome.Evidence, choice))
            .FirstOrDefault();
    }

    private static string WhatWouldShowRoom(StreamEvidence evidence, ChoiceEvidence choice) => evidence switch
    {
        _ when TokenRoom.CountedFor(evidence, choice) is null => "Without a token count nothing rules out that the token limit cut a call.",
        _ when !TokenRoom.IsCountedToTheEnd(evidence, choice) => "Without a final token count nothing rules out that the token limit cut a call.",
        _ when TokenRoom.IsBeyondMaxTokens(evidence, choice) => "The token count is beyond max tokens, so nothing rules out that the token limit cut a call.",
        { Request.ContextWindow: null } =>
            "The model's context window is not known, so nothing rules out that it cut a call: set VllmAdapterOptions.ContextWindow or "
            + "LearnContextWindow, or call VllmServer.GetModelsAsync once.",
        _ => "Without a count of the prompt nothing rules out that the context window cut a call.",
    };

    private static string? UnexpectedChoices(StreamEvidence evidence)
    {
        int asked = Math.Max(1, evidence.Request.ChoiceCount);
        return evidence switch
        {
            _ when evidence.Choices.Count > asked => $"{evidence.Choices.Count} choices came, {evidence.Request.ChoiceCount} asked for.",
            _ when evidence.ChoiceIndexesSeen > asked =>
                $"The server numbered its pieces as {Count(evidence.ChoiceIndexesSeen, "choice")}, {evidence.Request.ChoiceCount} asked for; they were taken for one.",
            _ => null,
        };
    }

    private static string WithoutSentinel(StreamOutcome outcome) => outcome.Evidence.BodyEnd switch
    {
        BodyEnd.Cut => "The connection broke after the finish reason; usage may be missing.",
        BodyEnd.InsideEvent => "The body ended inside an event after the finish reason; usage may be missing.",
        BodyEnd.InOrder => "The body ended after the finish reason without the sentinel.",
        _ => "The sentinel did not come after the finish reason; the adapter stopped waiting for it.",
    };

    internal static string Count(long number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");
}
