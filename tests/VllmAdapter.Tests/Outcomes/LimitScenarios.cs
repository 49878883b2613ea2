using static VllmAdapter.Diagnostics.Certainty;
using static VllmAdapter.LengthLimit;
using static VllmAdapter.Diagnostics.OutcomeNoteKind;
using static VllmAdapter.StreamVerdict;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>Which limit a declared "length" is put down to.</summary>
internal static class LimitScenarios
{
    private static Evidence Length => Evidence.Of().Says("Hello").Declares("length");

    private static Evidence TwoLengths => Evidence.OfChoices(2).Choice(0).Says("a").Declares("length")
                .Choice(1).Says("b").Declares("length");

    public static IEnumerable<Scenario> All =>
    [
        new("length at max tokens",
            Length.Capped(200).Uses(1811, 200).Done(), LengthLimited, Declared) { Limit = MaxTokens },
        new("length at max tokens, by the count next to it",
            Length.Capped(200).UsesAtTheEnd(1811, 200).Done(), LengthLimited, Declared) { Limit = MaxTokens },
        new("length at max tokens and at the window's end",
            Length.Capped(237).InWindowOf(2048).Uses(1811, 237).Done(), LengthLimited, Declared) { Limit = MaxTokens },
        new("length at the window's end",
            Length.InWindowOf(2048).Uses(1811, 237).Done(), LengthLimited, Declared) { Limit = ContextWindow },
        new("length beyond the window's end",
            Length.InWindowOf(2048).Uses(1811, 238).Done(), LengthLimited, Declared) { Limit = ContextWindow },
        new("length below max tokens, the window not known: 237 of 1,500 tokens, recorded in a window of 2,048",
            Length.Capped(1500).Uses(1811, 237).Done(), LengthLimited, Declared) { Limit = Unattributed },
        new("length below max tokens, the window full",
            Length.Capped(1500).InWindowOf(2048).UsesAtTheEnd(1811, 237).Done(), LengthLimited, Declared) { Limit = ContextWindow },
        new("length below max tokens, the window not full: a limit of the server's own (--override-generation-config)",
            Length.Capped(5).InWindowOf(2048).Uses(20, 4).Done(), LengthLimited, Declared) { Limit = ServerMaxTokens },
        new("length below max tokens, the window not full, by the count next to it",
            Length.Capped(1500).InWindowOf(4096).UsesAtTheEnd(1811, 237).Done(), LengthLimited, Declared) { Limit = ServerMaxTokens },
        new("length below max tokens, the window not full, the prompt not counted",
            Length.Capped(1500).InWindowOf(2048).Uses(0, 237).Done(), LengthLimited, Declared) { Limit = Unattributed },
        new("length at a limit of the server's own that the caller named",
            Length.Capped(1500).CappedByTheServer(237).Uses(20, 237).Done(), LengthLimited, Declared) { Limit = ServerMaxTokens },
        new("length beyond max tokens: the count proves nothing",
            Length.Capped(200).InWindowOf(2048).Uses(20, 237).Done(), LengthLimited, Declared) { Limit = Unattributed, Notes = [CountBeyondMaxTokens] },
        new("length, the last count from before it",
            Length.Capped(1500).UsesSoFar(1811, 237).Done(), LengthLimited, Declared) { Limit = Unattributed },
        new("length without usage", Length.Capped(1500).Done(), LengthLimited, Declared) { Limit = Unattributed },
        new("length without usage, the window known",
            Length.Capped(1500).InWindowOf(2048).Done(), LengthLimited, Declared) { Limit = Unattributed },
        new("length without max tokens, the window not known",
            Length.Uses(1811, 237).Done(), LengthLimited, Declared) { Limit = Unattributed },
        new("length without max tokens, the window not full: a limit of the server's own (--override-generation-config)",
            Length.InWindowOf(2048).Uses(1811, 236).Done(), LengthLimited, Declared) { Limit = ServerMaxTokens },
        new("length of two choices and their sum", TwoLengths.Capped(5).Uses(9, 10).Done(), LengthLimited, Declared)
            { Limit = Unattributed, Each = [LengthLimited, LengthLimited] },
        new("length of two choices and their undercounted sum (vLLM 0.8.5)",
            TwoLengths.Capped(5).Uses(9, 8).Done(), LengthLimited, Declared)
            { Limit = Unattributed, Each = [LengthLimited, LengthLimited] },
        new("length of two choices, each counted",
            TwoLengths.Choice(0).UsesAtTheEnd(9, 5)
                .Choice(1).UsesAtTheEnd(9, 5).Capped(5).Done(), LengthLimited, Declared)
            { Limit = MaxTokens, Each = [LengthLimited, LengthLimited] },
        new("length of two choices, each counted one too few (vLLM 0.8.5)",
            TwoLengths.Choice(0).UsesAtTheEnd(9, 4)
                .Choice(1).UsesAtTheEnd(9, 4).Capped(5).InWindowOf(2048).Uses(9, 8).Done(), LengthLimited, Declared)
            { Limit = Unattributed, Each = [LengthLimited, LengthLimited] },
        new("length of two choices, each counted below max tokens by a server that names its version",
            TwoLengths.Versioned().Choice(0).UsesAtTheEnd(9, 4)
                .Choice(1).UsesAtTheEnd(9, 4).Capped(5).InWindowOf(2048).Uses(9, 8).Done(), LengthLimited, Declared)
            { Limit = ServerMaxTokens, Each = [LengthLimited, LengthLimited] },
        new("length of reasoning alone",
            Evidence.Of().Reasons("Hm").Declares("length").Capped(5).Uses(9, 5).Done(), LengthLimited, Declared)
            { Limit = MaxTokens, Notes = [AllReasoning] },
        new("length after reasoning and text",
            Length.Reasons("Hm").Capped(5).Uses(9, 5).Done(), LengthLimited, Declared) { Limit = MaxTokens },
        new("length after reasoning and a call",
            Evidence.Of().Reasons("Hm").Calls("save_plan").Declares("length").Capped(5).Uses(9, 5).Done(), LengthLimited, Declared)
            { Limit = MaxTokens, Withheld = [WithheldReason.ChoiceCut] },
        new("stop after reasoning alone",
            Evidence.Of().Reasons("Hmmm").Declares("stop").Capped(50).Uses(9, 5).Done(), Completed, Declared) { Notes = [OutcomeNoteKind.NoAnswer] },
    ];
}
