using VllmAdapter;
using VllmAdapter.Diagnostics;

namespace Playground;

/// <summary>How a turn ended, as the page shows it.</summary>
/// <param name="Colour"><c>whole</c>, <c>doubtful</c> or <c>broken</c>.</param>
/// <param name="Verdict">The verdict's name.</param>
/// <param name="RestsOn">What it rests on.</param>
/// <param name="Explanation">A sentence or two.</param>
/// <param name="Evidence">What was seen, line by line.</param>
/// <param name="Withheld">Calls that may not be run, and why.</param>
/// <param name="TokensLeft">What is left of the budget, at least and at most; null if nothing is known.</param>
/// <param name="IsAskedAgain">Whether the turn is asked again.</param>
internal sealed record Turn(
    string Colour,
    string Verdict,
    string RestsOn,
    string Explanation,
    IReadOnlyList<string> Evidence,
    IReadOnlyList<string> Withheld,
    string TokensLeft,
    bool IsAskedAgain)
{
    public static Turn Of(StreamOutcome outcome, bool isAskedAgain, TokenBudget budget) => new(
        ColourOf(outcome),
        outcome.Verdict.ToString(),
        outcome.Certainty switch { Certainty.Declared => "declared by the server", Certainty.Observed => "observed on the wire", _ => "inferred" },
        outcome.Explain()[$"{outcome.Verdict}: ".Length..],
        [.. EvidenceOf(outcome.Evidence), .. outcome.Notes.Select(note => note.Text)],
        [.. outcome.WithheldToolCalls.Select(call => call.Explain())],
        budget.Check().Explain(),
        isAskedAgain);

    private static string ColourOf(StreamOutcome outcome) => outcome.Verdict switch
    {
        StreamVerdict.Completed when outcome.WithheldToolCalls.Count == 0 => "whole",
        StreamVerdict.Completed or StreamVerdict.Unconfirmed or StreamVerdict.LengthLimited or StreamVerdict.StoppedByServer or StreamVerdict.StoppedByPolicy => "doubtful",
        _ => "broken",
    };

    private static IEnumerable<string> EvidenceOf(StreamEvidence evidence)
    {
        string[] declared = [.. evidence.Choices.SelectMany(choice => choice.Declared).Select(reason => reason.Value)];
        yield return declared.Length > 0 ? $"finish reason: {string.Join(" and ", declared)}" : "no finish reason";
        yield return evidence.SentinelSeen ? $"sentinel: {evidence.SentinelText}" : "no sentinel";
        yield return evidence.Usage is { } usage ? $"tokens: {usage.PromptTokens} + {usage.CompletionTokens}{(evidence.UsageIsFinal ? "" : " so far")}" : "no token counts";
        yield return $"chunks: {evidence.Chunks}, the body {evidence.BodyEnd switch { BodyEnd.InOrder => "ended in order", BodyEnd.Cut => "broke off", BodyEnd.InsideEvent => "ended inside an event", _ => "was not read further" }}";
    }
}
