using System.Globalization;

namespace VllmAdapter;

/// <summary>Says an outcome in one or two plain sentences.</summary>
internal static class OutcomeExplanation
{
    public static string Of(StreamOutcome outcome)
    {
        string cost = Cost(outcome);
        string tools = Tools(outcome);
        string notes = Notes(outcome);
        return $"{outcome.Verdict}: {What(outcome)}{(cost.Length > 0 ? "; " + cost : "")}.{tools}{notes}";
    }

    private static string What(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        return outcome.Verdict switch
        {
            StreamVerdict.Completed => $"the server declared {Words(outcome)}",
            StreamVerdict.Unconfirmed when evidence.EveryChoiceDeclared =>
                $"the server declared {Words(outcome)}, but output seems to be missing",
            StreamVerdict.Unconfirmed =>
                $"the body ended in order{(evidence.SentinelSeen ? " with the end marker" : "")}, but no finish reason was declared;"
                + " nothing says that the answer is whole, and nothing that it was cut",
            StreamVerdict.LengthLimited => Length(outcome),
            StreamVerdict.StoppedByServer => $"the server ended the answer with \"{WordOf(outcome)}\"",
            StreamVerdict.StoppedByPolicy => $"a policy of the caller's stopped the stream ({outcome.StoppedBy}) after {Chunks(evidence)}",
            StreamVerdict.Aborted => "the server gave the request up (abort)",
            StreamVerdict.Interrupted => Interruption(evidence),
            StreamVerdict.Stalled => Stall(outcome),
            StreamVerdict.ServerError => ServerErrorOf(outcome),
            StreamVerdict.Malformed => $"the body cannot be read as a chat stream after {Chunks(evidence)}: {evidence.Malformation}",
            StreamVerdict.Cancelled => $"the caller cancelled after {Chunks(evidence)}",
            StreamVerdict.Abandoned => $"the consumer left the loop after {Chunks(evidence)}",
            _ => "nothing was judged",
        };
    }

    private static string Length(StreamOutcome outcome)
    {
        string limit = outcome.Limit switch
        {
            LimitAttribution.OutputCap => "the request's own token cap",
            LimitAttribution.ContextWindow => "the model's context window",
            _ => "a token limit that cannot be told without counts",
        };
        return outcome.Certainty == Certainty.Declared
            ? $"{limit} cut the answer"
            : $"{limit} cut the answer, although the server declared {(outcome.FinishReason is { } word ? word.Word : "nothing")}";
    }

    private static string Interruption(StreamEvidence evidence) => evidence switch
    {
        { BodyEnd: BodyEnd.Cut } => $"the connection broke after {Chunks(evidence)} ({evidence.TransportError})",
        { BodyEnd: BodyEnd.InsideEvent } => $"the body ended inside an event after {Chunks(evidence)}",
        { Events: 0 } => "the body ended without a single event",
        _ when !evidence.Choices.Any(choice => choice.HasOutput) => "the body ended without output and without a finish reason",
        _ => "the body ended in the middle of a tool call and without a finish reason",
    };

    private static string Stall(StreamOutcome outcome)
    {
        StreamEvidence evidence = outcome.Evidence;
        string alive = evidence.KeepAlives > 0 ? $", only {OutcomeNotes.Count(evidence.KeepAlives, "keep-alive")}" : "";
        return outcome.StoppedBy switch
        {
            var cause when cause == StopCause.Deadline =>
                $"the deadline was over after {Seconds(evidence.Elapsed)} and {Chunks(evidence)}; raise Termination.After(...)",
            var cause when cause == StopCause.FirstChunkTimeout =>
                $"no chunk within {Seconds(evidence.SilentFor)}{alive} (first chunk timeout); the server may be queueing or loading: "
                + "raise Termination.OnSilence(...) or see its load",
            _ => $"no chunk for {Seconds(evidence.SilentFor)}{alive} after {Chunks(evidence)} (idle timeout); a server told to stop leaves "
                + "its streams open and silent: ask another one, or raise Termination.OnSilence(...)",
        };
    }

    private static string ServerErrorOf(StreamOutcome outcome)
    {
        ServerError? error = outcome.Evidence.Error ?? outcome.Evidence.Choices.FirstOrDefault(choice => choice.Error is not null)?.Error;
        string code = error?.Code is { } number ? $" {number}" : "";
        return $"the server reported an error{code} after {Chunks(outcome.Evidence)}: {error?.Message ?? "no message"}".TrimEnd('.');
    }

    private static string Cost(StreamOutcome outcome)
    {
        if (outcome.Usage is not { } usage)
            return "";

        string tokens = usage.CompletionTokens.ToString("N0", CultureInfo.InvariantCulture);
        return outcome.Evidence.Asked switch
        {
            { Choices: <= 1, OutputCap: { } cap } => string.Create(CultureInfo.InvariantCulture, $"{tokens} of {cap:N0} tokens used"),
            _ => $"{OutcomeNotes.Count(usage.CompletionTokens, "token")} used",
        };
    }

    private static string Tools(StreamOutcome outcome) => (outcome.ToolCalls.Count, outcome.WithheldToolCalls.Count) switch
    {
        (0, 0) => "",
        (var ready, 0) => $" {OutcomeNotes.Count(ready, "tool call")} ready.",
        (0, 1) => " " + outcome.WithheldToolCalls[0].Explain(),
        (0, var withheld) => $" {OutcomeNotes.Count(withheld, "tool call")} withheld.",
        var (ready, withheld) => $" {OutcomeNotes.Count(ready, "tool call")} ready, {withheld} withheld.",
    };

    private static string Notes(StreamOutcome outcome)
    {
        foreach (OutcomeNote note in outcome.Notes)
        {
            if (note.Kind is OutcomeNoteKind.OutputMissing or OutcomeNoteKind.AllReasoning or OutcomeNoteKind.EndedWithoutMarker)
                return " " + note.Text;
        }

        return "";
    }

    private static string Words(StreamOutcome outcome) =>
        string.Join(", ", outcome.Choices.Select(choice => choice.FinishReason?.Word).OfType<string>().Distinct(StringComparer.Ordinal));

    private static string WordOf(StreamOutcome outcome) =>
        outcome.Choices.First(choice => choice.Verdict == outcome.Verdict).FinishReason?.Word ?? "";

    private static string Chunks(StreamEvidence evidence) => OutcomeNotes.Count(evidence.Chunks, "chunk");

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture);
}
