using VllmAdapter;
using VllmAdapter.Diagnostics;

namespace StreamDoctor;

/// <summary>What a stream said about its own end, line by line; the verdict rests on nothing else.</summary>
internal static class Findings
{
    public static IEnumerable<(string Name, string Finding)> Of(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        yield return ("verdict", $"{outcome.Verdict}, {outcome.Certainty.ToString().ToLowerInvariant()}");
        yield return ("", outcome.Explain());
        foreach (ChoiceEvidence choice in evidence.Choices)
            yield return (choice.Index == 0 ? "declared" : "", Declared(choice));

        yield return ("usage", Usage(evidence));
        if (!evidence.IsWholeReply)
            yield return ("sentinel", evidence.SentinelSeen ? evidence.SentinelText! : "none");

        yield return ("body", $"events: {evidence.Events}, chunks: {evidence.Chunks}, bytes: {evidence.Bytes:N0}; {Body(evidence)}");
        foreach (ToolCall call in outcome.ToolCalls)
            yield return ("ready call", $"{call.Name} {call.Arguments}{(call.IdIsSynthetic ? " (came without an id)" : "")}");

        foreach (WithheldToolCall call in outcome.WithheldToolCalls)
            yield return ("withheld call", $"{call.Name} {call.RawArguments} ({call.Reason})");

        foreach (OutcomeNote note in outcome.Notes)
            yield return ("note", note.Text);
    }

    private static string Declared(ChoiceEvidence choice)
    {
        string words = choice.HasDeclared ? string.Join(" and ", choice.Declared) : "nothing";
        string count = choice.CompletionTokens is { } tokens ? $", {tokens} tokens of its own" : "";
        return $"{words} for choice {choice.Index}{count}";
    }

    private static string Usage(StreamEvidence evidence) => evidence.Usage switch
    {
        null => "none",
        { } usage when evidence.UsageIsFinal => $"{usage.PromptTokens} + {usage.CompletionTokens} tokens, final",
        { } usage => $"{usage.PromptTokens} + {usage.CompletionTokens} tokens so far, none at the end",
    };

    private static string Body(StreamEvidence evidence) => evidence.BodyEnd switch
    {
        BodyEnd.InOrder => "ended in order",
        BodyEnd.Cut => $"broke off: {evidence.TransportError}",
        BodyEnd.InsideEvent => "ended inside an event",
        _ => "not read further",
    };
}
