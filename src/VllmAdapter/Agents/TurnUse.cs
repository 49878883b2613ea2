namespace VllmAdapter.Agents;

/// <summary>What a <see cref="ToolLoop"/> makes of a turn.</summary>
internal enum TurnUse
{
    /// <summary>It is the answer.</summary>
    Answer = 1,

    /// <summary>It has ready calls.</summary>
    Calls,

    /// <summary>It is whole, but none of its calls can be used: the server or the model damaged them, or they never came.</summary>
    Damaged,

    /// <summary>Its stream broke; the same request may fare better.</summary>
    Broken,

    /// <summary>It was cut, holds no answer, or ended in another way that asking again does not change.</summary>
    Unusable,
}

internal static class TurnUses
{
    public static TurnUse Of(StreamOutcome turn, IncompleteStreamBehavior incomplete) => turn switch
    {
        { Verdict: StreamVerdict.Unconfirmed } when incomplete == IncompleteStreamBehavior.ThrowUnlessConfirmed => TurnUse.Broken,
        { Verdict: StreamVerdict.ServerError or StreamVerdict.Stalled or StreamVerdict.Interrupted or StreamVerdict.Aborted } => TurnUse.Broken,
        { IsComplete: false } => TurnUse.Unusable,
        _ when turn.ToolCalls.Any(call => call.ChoiceIndex == 0) => TurnUse.Calls,
        _ when Withheld(turn).Any() => TurnUse.Damaged,
        _ when NoAnswer.KindOf(turn) == NoAnswerKind.Declined => TurnUse.Unusable,
        _ when WhatIsMissing(turn) is not null => TurnUse.Damaged,
        _ => NoAnswer.KindOf(turn) switch
        {
            null => TurnUse.Answer,

            // What streaming parsers leave in the text, vLLM's parsers of whole replies may find.
            NoAnswerKind.CallAsText when !turn.Evidence.IsWholeReply => TurnUse.Damaged,
            _ => TurnUse.Unusable,
        },
    };

    /// <summary>What the model must be told of a turn's withheld or missing calls; null if there is nothing to tell.</summary>
    public static string? WordsFor(StreamOutcome turn)
    {
        List<string> complaints = [.. Withheld(turn).Select(call => call.Explain())];
        if (complaints.Count == 0 && !turn.ToolCalls.Any(call => call.ChoiceIndex == 0) && WhatIsMissing(turn) is { } missing)
            complaints.Add(missing);

        return complaints.Count == 0 ? null : string.Join('\n',
            [
                "Not all of your last reply could be used, and nothing was done about these parts of it:",
                .. complaints.Select(complaint => $"- {complaint}"),
                "If it is still needed, call the tool again, with complete arguments.",
            ]);
    }

    /// <summary>Everything that spoke against the calls of a turn.</summary>
    public static IReadOnlyList<string> ComplaintsAbout(StreamOutcome turn) =>
    [
        .. turn.ToolCalls.Where(call => call.ChoiceIndex == 0).SelectMany(call => call.Problems),
        .. Withheld(turn).Select(call => call.Explain()),
        .. WhatIsMissing(turn) is { } missing ? [missing] : Array.Empty<string>(),
        .. NoAnswer.Explain(turn) is { } instead ? [instead] : Array.Empty<string>(),
    ];

    /// <summary>The words of a turn: its answer, or those by which the model declines to give one.</summary>
    public static string TextOf(StreamOutcome turn) => turn.Received.FirstOrDefault(choice => choice.Index == 0) switch
    {
        null => "",
        { Text.Length: 0 } declined => declined.Refusal,
        { } answer => answer.Text,
    };

    // Of several choices only the first goes on.
    private static IEnumerable<WithheldToolCall> Withheld(StreamOutcome turn) => turn.WithheldToolCalls.Where(call => call.ChoiceIndex == 0);

    // Tokens were counted and calls announced that never came: that is no answer, although the server calls it finished.
    private static string? WhatIsMissing(StreamOutcome turn)
    {
        foreach (OutcomeNote note in turn.Notes)
        {
            if (note.Kind == OutcomeNoteKind.OutputMissing)
                return "The reply, or a tool call that it had to hold, did not arrive.";
            if (note.Kind == OutcomeNoteKind.CallsAnnouncedNoneCame)
                return "A tool call was announced, but did not arrive.";
        }

        return null;
    }
}
