namespace VllmAdapter;

/// <summary>Says which calls of a choice are ready to run. Whole JSON alone never is enough: servers close cut calls themselves.</summary>
internal sealed class ToolCallGate(StreamEvidence evidence, ChoiceEvidence choice, ChoiceOutcome ruling, bool streamIsBroken)
{
    public WithheldReason? ReasonToWithhold(ToolCallEvidence call)
    {
        if (streamIsBroken)
            return WithheldReason.StreamBroken;

        if (ruling.Verdict == StreamVerdict.LengthLimited)
            return WithheldReason.ChoiceCut;

        if (ruling.Verdict is not (StreamVerdict.Completed or StreamVerdict.Unconfirmed))
            return WithheldReason.ChoiceNotFinished;

        if (call.Name is null)
            return WithheldReason.NameMissing;

        WithheldReason? damage = ArgumentsTextReading.Read(call.Arguments) switch
        {
            ArgumentsText.Object => null,
            ArgumentsText.Empty => NoneWereMeant(call.Name) ? null : WithheldReason.ArgumentsMissing,
            ArgumentsText.Open => WithheldReason.ArgumentsOpen,
            ArgumentsText.NotAnObject => WithheldReason.ArgumentsNotAnObject,
            _ => WithheldReason.ArgumentsMalformed,
        };
        return damage ?? (EndIsConfirmed ? null : WithheldReason.EndUnconfirmed);
    }

    public ToolCall Release(ToolCallEvidence call, int position)
    {
        string arguments = call.Arguments.Trim();
        if (arguments.Length == 0)
            arguments = "{}";

        return new ToolCall
        {
            Id = call.Id ?? MadeUpId(position),
            IdIsSynthetic = call.Id is null,
            Name = call.Name!,
            Arguments = arguments,
            ChoiceIndex = choice.Index,
            Problems = ToolCallProblems.Find(call.Name!, arguments, ToolNamed(call.Name!)),
        };
    }

    // The reply's own id tells the calls of one turn from those of another.
    private string MadeUpId(int position) => $"call-{choice.Index}-{position}" + (evidence.ResponseId is { } reply ? $"-{reply}" : "");

    // Older servers write "tool_calls" over "length", so that word alone confirms nothing; "stop" does. And the sentinel says
    // nothing of a limit that the true count may be at.
    private bool EndIsConfirmed =>
        (choice.HasDeclared && !choice.Declared.Any(reason => reason.MayHideLength))
        || (choice.HasDeclared && TokenRoom.IsShown(evidence, choice))
        || (evidence.EndIsMarked && !TokenRoom.MayBeAtLimit(evidence, choice));

    // vLLM 0.8.5 and 0.11.0 send a zero-argument call without any argument text; 0.11.0 kimi_k2 loses arguments the same way.
    private bool NoneWereMeant(string name) =>
        ToolNamed(name) is { RequiredParameters.Count: 0, MayRequireMore: false } tool
        && (choice.HasDeclared || TokenRoom.IsShown(evidence, choice) || tool.TakesNoParameters);

    private ToolSignature? ToolNamed(string name)
    {
        foreach (ToolSignature tool in evidence.Request.Tools)
        {
            if (string.Equals(tool.Name, name, StringComparison.Ordinal))
                return tool;
        }

        return null;
    }
}
