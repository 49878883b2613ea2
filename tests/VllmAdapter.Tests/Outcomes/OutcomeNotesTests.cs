namespace VllmAdapter.Tests.Outcomes;

public sealed class OutcomeNotesTests
{
    private static Evidence Stopped => Evidence.Of().Says("Hello").Declares("stop").Uses(9, 2).Done();

    private static Evidence TwoCalls => Evidence.OfChoices(2).Offering(Offered.ListFiles)
        .Choice(0).Says("a").Declares("stop").Choice(1).Calls("list_files", "{}").Declares("tool_calls");

    private static readonly (OutcomeNoteKind Kind, Evidence Evidence, string Text)[] Table =
    [
        (OutcomeNoteKind.OutputMissing, Evidence.Of().Declares("stop").Uses(9, 1_234).Done(), "The server counted 1,234 tokens but delivered nothing; ask once more without streaming."),
        (OutcomeNoteKind.OutputMissing, Evidence.Of().MustCall().Says("a").Declares("stop").Uses(9, 2).Done(), "A tool call was required, but none came; ask once more without streaming."),
        (OutcomeNoteKind.OutputMissing, Evidence.OfChoices(2).MustCall().Choice(0).Calls("f", "{}").Declares("stop").Choice(1).Says("a").Declares("stop").Done(),
            "Choice 1: A tool call was required, but none came; ask once more without streaming."),
        (OutcomeNoteKind.EndedAtTheCap, Evidence.Of().Says("a").Declares("stop").Capped(3).Uses(9, 3).Done(),
            "The answer ended on exactly the last token allowed, and the server says that it was finished."),
        (OutcomeNoteKind.AllReasoning, Evidence.Of().Thinks("a").Declares("length").Done(), "All tokens went to reasoning and none to an answer."),
        (OutcomeNoteKind.UsageMissing, Evidence.Of().Says("a").Declares("stop").Done(), "The server sent no usage, so the tokens spent are not known."),
        (OutcomeNoteKind.CutNotExcluded, TwoCalls.Uses(9, 30).Done(), "Without a token count it cannot be excluded that the token limit cut a call."),
        (OutcomeNoteKind.EndedWithoutMarker, Stopped.With(seen => seen with { SentinelSeen = false }).EndsInOrder(), "The body ended after the finish reason without the end marker."),
        (OutcomeNoteKind.ConflictingFinishReasons, Evidence.Of().Says("a").Declares("stop", "length").Done(), "The server declared stop and length; the worse one counts."),
        (OutcomeNoteKind.LateOutput, Stopped.SaysMoreAfterIt(), "Output came after the finish reason and was accepted."),
        (OutcomeNoteKind.CallsAnnouncedNoneCame, Evidence.Of().Says("a").Declares("tool_calls").Done(), "The server declared tool calls, but none came."),
        (OutcomeNoteKind.LastEventUnterminated, Stopped.With(seen => seen with { LastEventUnterminated = true }), "The last event lacked its closing blank line but could be read."),
        (OutcomeNoteKind.EventsAfterMarker, Stopped.With(seen => seen with { EventsAfterSentinel = 1 }), "1 event came after the end marker and were ignored."),
        (OutcomeNoteKind.ResponseIdChanged, Stopped.With(seen => seen with { ResponseIdChanged = true }), "The reply's id changed on the way; a gateway may have switched servers."),
        (OutcomeNoteKind.LossyText, Stopped.With(seen => seen with { TextIsLossy = true }), "Some text was not valid UTF-8; the replacement character stands in its place."),
        (OutcomeNoteKind.OddFields, Stopped.With(seen => seen with { Oddities = 2 }), "2 fields of an unexpected type passed over."),
        (OutcomeNoteKind.UnexpectedChoices, Stopped.Choice(1).Says("a").Declares("stop"), "2 choices came, 1 asked for."),
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
    public void The_judge_gives_every_note_but_that_of_a_recovery() =>
        Table.Select(row => row.Kind).Distinct().Should().BeEquivalentTo(Enum.GetValues<OutcomeNoteKind>().Except([OutcomeNoteKind.Recovered, OutcomeNoteKind.RecoveryFailed]));
}
