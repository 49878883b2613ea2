using System.Globalization;

namespace VllmAdapter;

/// <summary>Finds what the verdict on one choice does not say.</summary>
internal static class ChoiceNotes
{
    // Finish reasons and names are single words.
    private const int MostOfAWord = 64;

    public static void Of(StreamEvidence evidence, ChoiceEvidence choice, ChoiceOutcome ruling, NoteList ofAll)
    {
        NoteList notes = evidence.Request.ChoiceCount > 1 ? ofAll.Of($"Choice {choice.Index}: ") : ofAll;

        if (ruling.Verdict == StreamVerdict.Unconfirmed && OutcomeJudge.OutputIsMissing(evidence, choice))
            notes.Add(OutcomeNoteKind.OutputMissing, MissingOutput(evidence, choice));

        if (choice.HasDeclared && ruling.Verdict == StreamVerdict.Completed && TokenRoom.IsAtMaxTokens(evidence, choice))
            notes.Add(OutcomeNoteKind.EndedAtMaxTokens, "The answer ended on exactly the last token allowed, and the server says that it was finished.");

        if (TokenRoom.IsBeyondMaxTokens(evidence, choice))
            notes.Add(OutcomeNoteKind.CountBeyondMaxTokens, BeyondMaxTokens(evidence, choice));

        if (IsReasoningOnly(choice) && ruling.Verdict == StreamVerdict.LengthLimited)
            notes.Add(OutcomeNoteKind.AllReasoning, "All tokens went to reasoning and none to an answer.");
        else if (IsReasoningOnly(choice) && ruling.Verdict is StreamVerdict.Completed or StreamVerdict.Unconfirmed)
            NoteNoAnswer(choice, notes);

        if (choice.RefusalLength > 0)
            notes.Add(OutcomeNoteKind.Refused, "The model declined to answer; what it said is in Refusal.");

        if (choice.CallMarkup is { } tool)
        {
            notes.Add(OutcomeNoteKind.CallInText,
                $"The text contains a call of {ServerText.Quote(tool, MostOfAWord)} that the server's parser did not find, and it was not run; "
                + "check --tool-call-parser, or ask once more without streaming.");
        }

        if (choice.Declared.Count > 1 && !evidence.Request.EndsByPiece)
            notes.Add(OutcomeNoteKind.ConflictingFinishReasons, $"The server declared {Words(choice.Declared)}; the worse one counts.");

        if (choice.HasLateOutput && !evidence.Request.EndsByPiece)
            notes.Add(OutcomeNoteKind.LateOutput, "Output came after the finish reason and was accepted.");

        if (choice is { ToolCalls.Count: 0, HasOutput: true } && AnnouncesCalls(choice))
            notes.Add(OutcomeNoteKind.CallsAnnouncedNoneCame, "The server declared tool calls, but none came.");
    }

    /// <summary>Finish reasons as a sentence quotes them: a server may send anything, and any number of them.</summary>
    public static string Words(IEnumerable<FinishReason> reasons)
    {
        const int Most = 5;
        string[] words = [.. reasons.Distinct().Take(Most + 1).Select(reason => ServerText.Quote(reason.Value, MostOfAWord) ?? "nothing")];
        return string.Join(" and ", words.Take(Most)) + (words.Length > Most ? " and more" : "");
    }

    private static bool AnnouncesCalls(ChoiceEvidence choice)
    {
        for (int i = 0; i < choice.Declared.Count; i++)
        {
            if (choice.Declared[i].SaysCalls)
                return true;
        }

        return false;
    }

    private static bool IsReasoningOnly(ChoiceEvidence choice) =>
        choice is { TextLength: 0, ReasoningLength: > 0, RefusalLength: 0, HasOtherOutput: false, ToolCalls.Count: 0 };

    private static void NoteNoAnswer(ChoiceEvidence choice, NoteList notes)
    {
        if (StopText(choice) is { } stop)
            notes.Add(OutcomeNoteKind.StoppedInReasoning, $"The stop string \"{stop}\" was met inside the reasoning, so there is no answer.");
        else
            notes.Add(OutcomeNoteKind.NoAnswer, "The model ended after its reasoning, so there is no answer.");
    }

    // A stop token is a number.
    private static string? StopText(ChoiceEvidence choice) =>
        choice.StopReason is { } reason && !int.TryParse(reason, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? ServerText.Quote(reason, MostOfAWord)
            : null;

    private static string BeyondMaxTokens(StreamEvidence evidence, ChoiceEvidence choice) => string.Create(
        CultureInfo.InvariantCulture,
        $"The server counted {TokenRoom.CountedFor(evidence, choice):N0} tokens where {evidence.Request.MaxTokens:N0} were allowed, so its count proves nothing.");

    private static string MissingOutput(StreamEvidence evidence, ChoiceEvidence choice)
    {
        string askAgain = evidence.IsWholeReply ? "ask once more" : "ask once more without streaming";
        if (!OutcomeJudge.MoreWasCountedThanCame(evidence, choice))
            return $"A tool call was required, but none came; {askAgain}.";

        string tokens = OutcomeNotes.Count(TokenRoom.CountedFor(evidence, choice) ?? 0, "token");
        return choice.HasOutput
            ? $"The server counted {tokens} but delivered {OutcomeNotes.Count(choice.OutputBytes, "byte")}, fewer than they spell; {askAgain}."
            : $"The server counted {tokens} but delivered nothing; {askAgain}.";
    }
}
