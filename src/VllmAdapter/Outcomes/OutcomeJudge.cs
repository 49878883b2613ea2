namespace VllmAdapter.Diagnostics;

/// <summary>Says what happened: a pure function of the evidence, so that a recorded stream always gets the same verdict again.</summary>
/// <remarks>Thread-safe.</remarks>
public static class OutcomeJudge
{
    /// <summary>Judges a stream by everything that was observed of it.</summary>
    /// <param name="evidence">What was observed.</param>
    /// <param name="cause">Why reading stopped.</param>
    public static StreamOutcome Decide(StreamEvidence evidence, TerminationCause cause) => Decide(evidence, cause, received: []);

    /// <summary>The same for what was received, so that the text can be held against the shape that was asked for.</summary>
    internal static StreamOutcome Decide(StreamEvidence evidence, TerminationCause cause, IReadOnlyList<ChatChoice> received)
    {
        ArgumentNullException.ThrowIfNull(evidence);

        // Step 1: one ruling a choice; a choice that was asked for and never came is one without evidence.
        IReadOnlyList<ChoiceEvidence> choices = AllChoices(evidence);
        var rulings = new ChoiceOutcome[choices.Count];
        bool isBroken = false;
        ChoiceOutcome? worst = null;
        for (int i = 0; i < rulings.Length; i++)
        {
            ChoiceOutcome ruling = rulings[i] = RuleOn(evidence, choices[i], cause);

            // Step 2: the stream's verdict is the worst of them.
            if (worst is null || Severity(ruling.Verdict) > Severity(worst.Verdict))
                worst = ruling;

            isBroken |= BreaksTheStream(ruling.Verdict, evidence);
        }

        // Step 3: only now, and only for calls of unbroken streams, the gate.
        List<ToolCall>? ready = null;
        List<WithheldToolCall>? withheld = null;
        for (int i = 0; i < rulings.Length; i++)
        {
            if (choices[i].ToolCalls.Count > 0)
                Sort(new ToolCallGate(evidence, choices[i], rulings[i], isBroken), choices[i], ready ??= [], withheld ??= []);
        }

        var outcome = new StreamOutcome
        {
            Verdict = worst!.Verdict,
            Certainty = worst.Certainty,
            FinishReason = FirstOf(rulings)?.FinishReason,
            TerminatedBy = cause,
            Choices = Array.AsReadOnly(rulings),
            ToolCalls = ready ?? [],
            WithheldToolCalls = withheld ?? [],
            Usage = evidence.Usage,
            Limit = worst.Limit,
            Evidence = evidence,
            Attempts = 1 + evidence.FailedAttempts.Count,
            Received = received,
        };

        // Step 4: what the verdict alone does not say.
        List<OutcomeNote> notes = [];
        OutcomeNotes.AddTo(new NoteList(notes), outcome, choices);
        if (evidence.Request.Format is { } format)
            notes.AddRange(StructuredOutputCheck.Notes(outcome, format));

        return notes.Count == 0 ? outcome : outcome with { Notes = notes };
    }

    /// <summary>How bad a verdict is; a stream with several choices gets the worst of theirs.</summary>
    internal static int Severity(StreamVerdict verdict) => verdict switch
    {
        StreamVerdict.Canceled => 12,
        StreamVerdict.Abandoned => 11,
        StreamVerdict.ServerError => 10,
        StreamVerdict.Malformed => 9,
        StreamVerdict.Stalled => 8,
        StreamVerdict.Interrupted => 7,
        StreamVerdict.Aborted => 6,
        StreamVerdict.StoppedByPolicy => 5,
        StreamVerdict.LengthLimited => 4,
        StreamVerdict.StoppedByServer => 3,
        StreamVerdict.Unconfirmed => 2,
        _ => 1,
    };

    // Choices that never came have nothing to tell apart: beyond this many they get no rulings of their own.
    private const int MostChoicesMissed = 128;

    private static IReadOnlyList<ChoiceEvidence> AllChoices(StreamEvidence evidence)
    {
        if (evidence.Choices.Count == 1 && evidence.Request.ChoiceCount <= 1)
            return evidence.Choices;

        List<ChoiceEvidence> choices = [.. evidence.Choices];
        HashSet<int> came = [.. choices.Select(choice => choice.Index)];
        int expected = Math.Min(Math.Max(1, evidence.Request.ChoiceCount), Math.Max(came.Count, MostChoicesMissed));

        // An index says which prompt it is of: one that was not asked stands for none of those that were.
        bool isOfAPrompt = evidence.Request.PromptCount > 1;
        for (int index = 0; isOfAPrompt ? index < expected : choices.Count < expected; index++)
        {
            if (!came.Contains(index))
                choices.Add(new ChoiceEvidence { Index = index });
        }

        choices.Sort((one, other) => one.Index.CompareTo(other.Index));
        return choices;
    }

    private static ChoiceOutcome? FirstOf(ChoiceOutcome[] rulings)
    {
        foreach (ChoiceOutcome ruling in rulings)
        {
            if (ruling.Index == 0)
                return ruling;
        }

        return null;
    }

    private static ChoiceOutcome RuleOn(StreamEvidence evidence, ChoiceEvidence choice, TerminationCause cause)
    {
        // Of two reasons for one choice the one with the worse verdict counts; both stay in the evidence. One that came before the answer says
        // nothing of its end.
        IReadOnlyList<FinishReason> declared = DeclaredOf(evidence, choice);
        FinishReason? word = declared.Count > 0 ? declared[0] : null;
        (StreamVerdict verdict, Certainty certainty) = VerdictOn(evidence, choice, cause, word);
        for (int i = 1; i < declared.Count; i++)
        {
            (StreamVerdict Verdict, Certainty Certainty) other = VerdictOn(evidence, choice, cause, declared[i]);
            if (Severity(other.Verdict) > Severity(verdict))
                (word, verdict, certainty) = (declared[i], other.Verdict, other.Certainty);
        }

        return new ChoiceOutcome
        {
            Index = choice.Index,
            Verdict = verdict,
            Certainty = certainty,
            FinishReason = word,
            CompletionTokens = TokenRoom.CountedFor(evidence, choice),
            Limit = LimitBehind(verdict, evidence, choice, cause),
        };
    }

    // A reason of one piece says nothing of the next, which only the sentinel rules out; and of a piece that has none, no other's "stop" speaks.
    private static IReadOnlyList<FinishReason> DeclaredOf(StreamEvidence evidence, ChoiceEvidence choice) => evidence switch
    {
        { EndIsMarked: false } when choice.ReasonWasPremature || evidence.Request.EndsByPiece => [],
        { Request.EndsByPiece: true } when choice.IsOpen => [.. choice.Declared.Where(static reason => !reason.MeansFinished)],
        _ => choice.Declared,
    };

    // Strongest evidence first; the first case that matches wins.
    private static (StreamVerdict Verdict, Certainty Certainty) VerdictOn(
        StreamEvidence evidence, ChoiceEvidence choice, TerminationCause cause, FinishReason? declared)
    {
        bool ended = evidence.SentinelSeen;
        bool mayHideLength = declared is null or { MayHideLength: true };

        return declared switch
        {
            _ when cause == TerminationCause.CallerCanceled => (StreamVerdict.Canceled, Certainty.Observed),
            _ when cause == TerminationCause.ConsumerLeft => (StreamVerdict.Abandoned, Certainty.Observed),

            // vLLM sends [DONE] after an error event too, so what follows an error changes nothing.
            _ when evidence.Error is not null || choice.Error is not null => (StreamVerdict.ServerError, Certainty.Observed),
            { } reason when reason == FinishReason.Error => (StreamVerdict.ServerError, Certainty.Observed),
            _ when evidence.Malformation is not null => (StreamVerdict.Malformed, Certainty.Observed),

            null when !ended && cause.IsSilence => (StreamVerdict.Stalled, Certainty.Observed),
            null when !ended && cause.IsOfAPolicy => (StreamVerdict.StoppedByPolicy, Certainty.Observed),
            null when !ended && evidence.BodyEnd is BodyEnd.Cut or BodyEnd.InsideEvent => (StreamVerdict.Interrupted, Certainty.Observed),

            { } reason when reason == FinishReason.Abort => (StreamVerdict.Aborted, Certainty.Declared),

            // Of the prompt alone nothing is cut: "length" is how the server ends the nothing that it had to write.
            { } reason when reason == FinishReason.Length && evidence.Request.AsksForPromptOnly =>
                choice.HasOutput ? (StreamVerdict.Completed, Certainty.Declared) : (StreamVerdict.Unconfirmed, Certainty.Inferred),
            { } reason when reason == FinishReason.Length => (StreamVerdict.LengthLimited, Certainty.Declared),

            // A declared "stop" is believed even at max tokens: vLLM looks for the end token first. "tool_calls" is not:
            // old servers write it over "length", new ones still do when not streaming (vllm#58228); nor is the "completed" of responses (0.11.0).
            // A count beyond max tokens proves nothing.
            _ when mayHideLength && TokenRoom.LimitReached(evidence, choice) is not null => (StreamVerdict.LengthLimited, Certainty.Inferred),

            null when HasOpenCall(choice) => (StreamVerdict.Interrupted, Certainty.Inferred),
            { MeansFinished: true } when OutputIsMissing(evidence, choice) => (StreamVerdict.Unconfirmed, Certainty.Inferred),
            { MeansFinished: true } => (StreamVerdict.Completed, Certainty.Declared),
            not null => (StreamVerdict.StoppedByServer, Certainty.Declared),
            null when (!choice.HasOutput && !MayBeSilence(evidence)) || WasCutInOrder(evidence) => (StreamVerdict.Interrupted, Certainty.Inferred),
            null => (StreamVerdict.Unconfirmed, Certainty.Inferred),
        };
    }

    /// <summary>
    /// Whether the body ended in order but without the sentinel, which vLLM always sends. For a choice without a finish reason that is a
    /// cut: Caddy before 2.8, HAProxy towards HTTP/2 clients, lighttpd and Portkey end a stream like that which was cut behind them.
    /// </summary>
    internal static bool WasCutInOrder(StreamEvidence evidence) =>
        evidence is { BodyEnd: BodyEnd.InOrder, SentinelExpected: true, EndIsMarked: false };

    // A whole transcription has no reason, and that of silence no text.
    private static bool MayBeSilence(StreamEvidence evidence) => evidence is { IsWholeReply: true, Request.EndsByPiece: true };

    private static bool HasOpenCall(ChoiceEvidence choice) =>
        choice.ToolCalls.Any(call => ArgumentsTextReading.Read(call.Arguments) == ArgumentsText.Open);

    internal static bool OutputIsMissing(StreamEvidence evidence, ChoiceEvidence choice) =>
        RequiredCallIsMissing(evidence, choice) || MoreWasCountedThanCame(evidence, choice);

    private static bool RequiredCallIsMissing(StreamEvidence evidence, ChoiceEvidence choice) =>
        evidence.Request.RequiresCall && choice is { ToolCalls.Count: 0, RefusalLength: 0 };

    // A token spells at least one byte unless it is special. Innocent are an end token, and what the request itself left out: the text
    // from a stop string on, reasoning, special tokens. What a call spelt is not known, nor what audio is worth.
    internal static bool MoreWasCountedThanCame(StreamEvidence evidence, ChoiceEvidence choice) =>
        TokenRoom.CountedFor(evidence, choice) - (choice.HasOutput ? TokensThatMaySpellNothing : TokensOfAnEmptyAnswer) > choice.OutputBytes
        && choice is { StopReason: null, HasOtherOutput: false, RefusalLength: 0, ToolCalls.Count: 0 }
        && evidence.Request is { HidesReasoning: false, IgnoresEndToken: false, SkipsSpecialTokens: false, EndsByPiece: false }
        && !(choice.HasOutput && TokenRoom.IsBeyondMaxTokens(evidence, choice));

    // An end token, and one of a parser's. Beside text there may be more special ones: what is only a little short is not called lost.
    private const int TokensOfAnEmptyAnswer = 2;
    private const int TokensThatMaySpellNothing = 16;

    private static LengthLimit? LimitBehind(
        StreamVerdict verdict, StreamEvidence evidence, ChoiceEvidence choice, TerminationCause cause) => verdict switch
        {
            StreamVerdict.StoppedByPolicy when cause == TerminationCause.BudgetExhausted => LengthLimit.TokenBudget,
            not StreamVerdict.LengthLimited => null,
            _ when TokenRoom.LimitReached(evidence, choice) is { } reached => reached,

            // "length" with room left under max tokens and in the window: a limit that the request does not know of.
            _ when TokenRoom.IsShown(evidence, choice) => LengthLimit.ServerMaxTokens,
            _ => LengthLimit.Unattributed,
        };

    // An error, an open call or a missing answer of one choice alone leaves the others as they are; what cut the stream cut it for all.
    private static bool BreaksTheStream(StreamVerdict verdict, StreamEvidence evidence) => verdict switch
    {
        StreamVerdict.Canceled or StreamVerdict.Abandoned or StreamVerdict.Malformed or StreamVerdict.Stalled => true,
        StreamVerdict.ServerError => evidence.Error is not null,
        StreamVerdict.Interrupted => !evidence.SentinelSeen && (evidence.BodyEnd is BodyEnd.Cut or BodyEnd.InsideEvent || WasCutInOrder(evidence)),
        _ => false,
    };

    private static void Sort(ToolCallGate gate, ChoiceEvidence choice, List<ToolCall> ready, List<WithheldToolCall> withheld)
    {
        for (int i = 0; i < choice.ToolCalls.Count; i++)
        {
            ToolCallEvidence call = choice.ToolCalls[i];
            if (gate.ReasonToWithhold(call) is not { } reason)
            {
                ready.Add(gate.Release(call, i));
                continue;
            }

            withheld.Add(new WithheldToolCall
            {
                Reason = reason,
                ChoiceIndex = choice.Index,
                Id = call.Id,
                Name = call.Name,
                RawArguments = call.Arguments,
            });
        }
    }
}
