using static VllmAdapter.Certainty;
using static VllmAdapter.LimitAttribution;
using static VllmAdapter.OutcomeNoteKind;
using static VllmAdapter.StreamVerdict;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>What a verdict alone does not say.</summary>
internal static class NoteScenarios
{
    private static Evidence Stopped => Evidence.Of().Says("Hello").Declares("stop").Capped(200).Uses(9, 2).Done();

    public static IEnumerable<Scenario> All =>
    [
        new("Nothing to note", Stopped, Completed, Declared),
        new("Output after the finish reason", Stopped.SaysMoreAfterIt(), Completed, Declared) { Notes = [LateOutput] },
        new("One word twice is one word", Evidence.Of().Says("a").Declares("stop").Done(), Completed, Declared),
        new("The last event without its blank line",
            Stopped.With(seen => seen with { LastEventUnterminated = true }), Completed, Declared)
            { Notes = [LastEventUnterminated] },
        new("Events after the marker",
            Stopped.With(seen => seen with { EventsAfterSentinel = 2 }), Completed, Declared)
            { Notes = [EventsAfterMarker] },
        new("Another id on the way",
            Stopped.With(seen => seen with { ResponseIdChanged = true }), Completed, Declared)
            { Notes = [ResponseIdChanged] },
        new("Text that is not UTF-8",
            Stopped.With(seen => seen with { TextIsLossy = true }), Completed, Declared) { Notes = [LossyText] },
        new("Fields of odd types",
            Stopped.With(seen => seen with { Oddities = 1 }), Completed, Declared) { Notes = [OddFields] },
        new("Answered at the second try",
            Stopped.With(seen => seen with { FailedAttempts = [new FailedAttempt { Reason = "503" }] }), Completed, Declared)
            { Notes = [Retried] },
        new("A choice cut at the cap did not end there by itself",
            Evidence.Of().Says("a").Declares("length").Capped(2).Uses(9, 2).Done(), LengthLimited, Declared)
            { Limit = OutputCap },
        new("A choice of the caller's that was declared by one only",
            Evidence.OfChoices(2).Choice(0).Says("a").Declares("stop")
                .Choice(1).Says("b").EndsInOrder(), Unconfirmed, Inferred),
        new("Calls announced, none came, nothing at all came",
            Evidence.Of().Declares("tool_calls").Uses(9, 1).Done(), Completed, Declared),
        new("The marker came, but the body was cut after it", Stopped.IsCut(), Completed, Declared),
    ];
}
