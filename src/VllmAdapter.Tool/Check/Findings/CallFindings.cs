using System.Text.Json;

namespace VllmAdapter.Tool.Check;

/// <summary>What the calls of one answer show of the server.</summary>
internal static class CallFindings
{
    private const int MostOfArguments = 80;

    public static IEnumerable<(FindingKind Kind, string Text)> Of(ChatRequest request, StreamOutcome outcome)
    {
        foreach (WithheldToolCall call in outcome.WithheldToolCalls)
        {
            if (OfWithheld(call, outcome) is { } kind)
                yield return (kind, $"{call.Name ?? "(no name)"} {Shortened(call.RawArguments)}: {EndFindings.Said(outcome)}");
        }

        foreach (ToolCall call in outcome.ToolCalls)
        {
            string said = $"{call.Name} {Shortened(call.Arguments)}";
            if (call.Problems.Count > 0)
                yield return (IsDeclared(call, outcome) ? CallKinds.Misfits : CallKinds.Undeclared, $"{said}: {call.Problems[0]}");
            if (call.IdIsSynthetic)
                yield return (CallKinds.IdMissing, said);
            if (outcome.Choices.Any(choice => choice.Index == call.ChoiceIndex && choice.FinishReason == FinishReason.Stop))
                yield return (request.ToolChoice?.Function is null ? CallKinds.UnderStop : CallKinds.NamedUnderStop, said);
        }
    }

    private static FindingKind? OfWithheld(WithheldToolCall call, StreamOutcome outcome) => call.Reason switch
    {
        WithheldReason.ChoiceCut => OfCut(call, outcome.Choices.First(choice => choice.Index == call.ChoiceIndex), outcome),
        WithheldReason.NameMissing => CallKinds.CallNameLost,
        WithheldReason.ArgumentsMissing => CallKinds.ArgumentsLost,
        WithheldReason.ArgumentsOpen or WithheldReason.ArgumentsMalformed or WithheldReason.ArgumentsNotAnObject => CallKinds.ArgumentsDamaged,
        WithheldReason.EndUnconfirmed => CallKinds.EndUnconfirmed,
        _ => null, // of a broken or unfinished stream: the verdict says it
    };

    private static FindingKind? OfCut(WithheldToolCall call, ChoiceOutcome choice, StreamOutcome outcome)
    {
        if (!IsObject(call.RawArguments, out bool isEmpty))
            return null;
        if (choice.Certainty == Certainty.Inferred)
            return CallKinds.CutCallLooksWhole;
        return isEmpty && Requires(call.Name, outcome) ? CallKinds.CutCallEmptied : null;
    }

    private static bool Requires(string? name, StreamOutcome outcome) =>
        outcome.Evidence.Request.Tools.FirstOrDefault(tool => tool.Name == name) is not { RequiredParameters.Count: 0 };

    private static bool IsDeclared(ToolCall call, StreamOutcome outcome) => outcome.Evidence.Request.Tools.Any(tool => tool.Name == call.Name);

    private static bool IsObject(string text, out bool isEmpty)
    {
        isEmpty = false;
        try
        {
            using var json = JsonDocument.Parse(text);
            bool isObject = json.RootElement.ValueKind == JsonValueKind.Object;
            isEmpty = isObject && !json.RootElement.EnumerateObject().Any();
            return isObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Shortened(string arguments) =>
        arguments.Length <= MostOfArguments ? arguments : arguments[..MostOfArguments] + "...";
}
