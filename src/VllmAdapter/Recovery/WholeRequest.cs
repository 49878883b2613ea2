using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Says whether asking without streaming may bring what a stream lost, and makes the request.</summary>
internal static class WholeRequest
{
    public static bool MayHelp(ChatRequest request, StreamOutcome outcome) =>
        request.Stream && CameToItsEnd(outcome) && !IsRefusal(outcome) && LostSomething(outcome);

    public static ChatRequest Of(ChatRequest request)
    {
        JsonObject? extra = request.Extra?.DeepClone().AsObject();
        extra?.Remove("stream");
        extra?.Remove("stream_options");
        return request with { Stream = false, Extra = extra };
    }

    // vLLM 0.8.5 may declare no reason and yet send its sentinel: with a call left open, or with nothing at all, that is a parser's loss.
    private static bool CameToItsEnd(StreamOutcome outcome) =>
        outcome.IsComplete
        || outcome is { Verdict: StreamVerdict.Interrupted, Certainty: Certainty.Inferred, Evidence.SentinelSeen: true };

    private static bool IsRefusal(StreamOutcome outcome) => outcome.Evidence.Choices.Any(choice => choice.RefusalLength > 0);

    private static bool LostSomething(StreamOutcome outcome) =>
        outcome.WithheldToolCalls.Count > 0
        || outcome.Notes.Any(note => note.Kind is OutcomeNoteKind.OutputMissing or OutcomeNoteKind.CallsAnnouncedNoneCame or OutcomeNoteKind.CallInText)
        || !outcome.Evidence.Choices.Any(choice => choice.HasOutput);
}
