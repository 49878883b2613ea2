namespace VllmAdapter.Tests.Outcomes;

public sealed class OutcomeNotesTests
{
    private static Evidence Stopped => Evidence.Of().Says("Hello").Declares("stop").Uses(9, 2).Done();

    private static Evidence TwoCalls => Evidence.OfChoices(2).Offering(Offered.ListFiles)
        .Choice(0).Says("a").Declares("stop").Choice(1).Calls("list_files", "{}").Declares("tool_calls");

    private static Evidence OneCall => Evidence.Of().Offering(Offered.ListFiles).Calls("list_files", "{}").Declares("tool_calls");

    private static readonly (OutcomeNoteKind Kind, Evidence Evidence, string Text)[] Table =
    [
        (OutcomeNoteKind.OutputMissing, Evidence.Of().Declares("stop").Uses(9, 1_234).Done(), "The server counted 1,234 tokens but delivered nothing; ask once more without streaming."),
        (OutcomeNoteKind.OutputMissing, Evidence.Of().MustCall().Says("a").Declares("stop").Uses(9, 2).Done(), "A tool call was required, but none came; ask once more without streaming."),
        (OutcomeNoteKind.OutputMissing, Evidence.OfChoices(2).MustCall().Choice(0).Calls("f", "{}").Declares("stop").Choice(1).Says("a").Declares("stop").Done(),
            "Choice 1: A tool call was required, but none came; ask once more without streaming."),
        (OutcomeNoteKind.OutputMissing, Evidence.Of().Says("\n\n").Declares("stop").Uses(285, 88).Done(),
            "The server counted 88 tokens but delivered 2 bytes, fewer than they spell; ask once more without streaming."),
        (OutcomeNoteKind.OutputMissing, Evidence.OfWholeReply().Declares("stop").Uses(285, 88), "The server counted 88 tokens but delivered nothing; ask once more."),
        (OutcomeNoteKind.OutputMissing, Evidence.Of().MustCall().Declares("stop").Uses(9, 1).Done(), "A tool call was required, but none came; ask once more without streaming."),
        (OutcomeNoteKind.CountBeyondMaxTokens, Evidence.Of().Says("Hello.").Capped(200).Uses(5, 19_503).Done(),
            "The server counted 19,503 tokens where 200 were allowed, so its count proves nothing."),
        (OutcomeNoteKind.NoAnswer, Evidence.Of().Reasons("Hm.").Declares("stop").Done(), "The model ended after its reasoning, so there is no answer."),
        (OutcomeNoteKind.StoppedInReasoning, Evidence.Of().Reasons("Hm.").Declares("stop").StopsAt("Final:").Done(),
            "The stop string \"Final:\" was met inside the reasoning, so there is no answer."),
        (OutcomeNoteKind.Refused, Evidence.Of().Declines("No.").Declares("stop").Done(), "The model declined to answer; what it said is in Refusal."),
        (OutcomeNoteKind.CallInText, Evidence.Of().WritesACallOf("get_weather").Declares("stop").Done(),
            "The text contains a call of get_weather that the server's parser did not find, and it was not run; check --tool-call-parser, or ask once more without streaming."),
        (OutcomeNoteKind.CumulativeText, Stopped.With(seen => seen with { LooksCumulative = true }),
            "Each piece of text repeats all text before it, so the text appears several times over."),
        (OutcomeNoteKind.UnwantedReasoning, Stopped.With(seen => seen with { HasUnwantedReasoning = true }),
            "Reasoning came although the request hid it; it was left out, and its tokens count."),
        (OutcomeNoteKind.EndedAtMaxTokens, Evidence.Of().Says("a").Declares("stop").Capped(3).Uses(9, 3).Done(),
            "The answer ended on exactly the last token allowed, and the server says that it was finished."),
        (OutcomeNoteKind.AllReasoning, Evidence.Of().Reasons("a").Declares("length").Done(), "All tokens went to reasoning and none to an answer."),
        (OutcomeNoteKind.UsageMissing, Evidence.Of().Says("a").Declares("stop").Done(), "The server sent no usage, so the tokens spent are not known."),
        (OutcomeNoteKind.CutNotExcluded, TwoCalls.Uses(9, 30).Done(), "Without a token count nothing rules out that the token limit cut a call."),
        (OutcomeNoteKind.CutNotExcluded, OneCall.UsesSoFar(9, 30).Done(), "Without a final token count nothing rules out that the token limit cut a call."),
        (OutcomeNoteKind.CutNotExcluded, OneCall.Uses(9, 30).Done(),
            "The model's context window is not known, so nothing rules out that it cut a call: set VllmAdapterOptions.ContextWindow or LearnContextWindow, or call VllmServer.GetModelsAsync once."),
        (OutcomeNoteKind.CutNotExcluded, OneCall.InWindowOf(2048).Uses(0, 30).Done(), "Without a count of the prompt nothing rules out that the context window cut a call."),
        (OutcomeNoteKind.EndedWithoutSentinel, Stopped.With(seen => seen with { SentinelSeen = false }).EndsInOrder(), "The body ended after the finish reason without the sentinel."),
        (OutcomeNoteKind.ConflictingFinishReasons, Evidence.Of().Says("a").Declares("stop", "length").Done(), "The server declared stop and length; the worse one counts."),
        (OutcomeNoteKind.LateOutput, Stopped.SaysMoreAfterIt(), "Output came after the finish reason and was accepted."),
        (OutcomeNoteKind.CallsAnnouncedNoneCame, Evidence.Of().Says("a").Declares("tool_calls").Done(), "The server declared tool calls, but none came."),
        (OutcomeNoteKind.LastEventUnterminated, Stopped.With(seen => seen with { LastEventUnterminated = true }), "The last event lacked its closing blank line but could be read."),
        (OutcomeNoteKind.EventsAfterSentinel, Stopped.With(seen => seen with { EventsAfterSentinel = 1 }), "1 event came after the sentinel and were ignored."),
        (OutcomeNoteKind.ResponseIdChanged, Stopped.With(seen => seen with { HasChangedResponseId = true }), "The reply's id changed on the way; a gateway may have switched servers."),
        (OutcomeNoteKind.LossyText, Stopped.With(seen => seen with { TextIsLossy = true }), "Some text was not valid UTF-8; the replacement character stands in its place."),
        (OutcomeNoteKind.OddFields, Stopped.With(seen => seen with { Oddities = 2 }), "2 fields of an unexpected type skipped."),
        (OutcomeNoteKind.UnexpectedChoices, Stopped.Choice(1).Says("a").Declares("stop"), "2 choices came, 1 asked for."),
        (OutcomeNoteKind.UnexpectedChoices, Stopped.With(seen => seen with { ChoiceIndexesSeen = 3 }), "The server numbered its pieces as 3 choices, 1 asked for; they were taken for one."),
        (OutcomeNoteKind.Retried, Stopped.With(seen => seen with { FailedAttempts = [new FailedAttempt { Reason = "503 at first." }, new FailedAttempt { Reason = "The connection was refused." }] }),
            "Attempt 3 was answered; before it: The connection was refused."),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Table.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_note_is_one_sentence(int row)
    {
        (OutcomeNoteKind kind, Evidence evidence, string text) = Table[row];

        OutcomeNote note = evidence.Judge().Notes.Should().ContainSingle(note => note.Kind == kind).Subject;
        note.Text.Should().Be(text);
        note.ToString().Should().Be(text);
    }

    [Fact]
    public void The_judge_gives_every_note_but_those_of_a_recovery_and_of_the_text() =>
        Table.Select(row => row.Kind).Distinct().Should().BeEquivalentTo(
            Enum.GetValues<OutcomeNoteKind>().Except([OutcomeNoteKind.Recovered, OutcomeNoteKind.RecoveryFailed, OutcomeNoteKind.OutputNotAsAsked]));
}
