namespace VllmAdapter.Tool.Explain;

/// <summary>How the recording itself ends, and what that proves.</summary>
internal sealed class EndOfRecording(RecordedInput input, Replay replay)
{
    private readonly RecordedResponse _response = replay.Exchange.Response;

    public (string Came, string Proves) Describe() => replay switch
    {
        { Refusal: not null } => ($"HTTP {_response.Status}", "The request was not accepted: there is no answer."),
        { HasUnread: true } => ("more, which was not read", "The reader had what ends an answer, or had given up; see the verdict."),
        _ => OfTheBody(replay.Answer!.Outcome),
    };

    private (string Came, string Proves) OfTheBody(StreamOutcome outcome) => _response switch
    {
        _ when outcome.Evidence.BodyEnd is null && (outcome.Evidence.Error ?? (object?)outcome.Evidence.Malformation) is not null =>
            ("the rest is not read", "What came before ends the answer, whatever follows."),
        _ when outcome.Evidence is { Malformation: { } why, UnreadText: { } text } => (Wording.Quote(text), $"{Wording.Sentence(why)} Something on the way wrote it."),
        { SocketEnd: SocketEnd.Timeout } => (
            "nothing more, with the connection open",
            $"The server neither went on nor ended until the reader left. A client with the usual limits gives up after {Waited(outcome)}."),
        { SocketEnd: SocketEnd.Reset } => ("the connection is reset", AfterCut(outcome)),
        { BodyComplete: false } => ("the connection ends before the body", AfterCut(outcome)),
        _ when outcome.Evidence.BodyEnd == BodyEnd.InsideEvent => ("the body ends inside an event", "The rest of that event is lost."),
        _ when !input.HasEnd && !outcome.Evidence.IsWholeReply => ("the file ends", outcome.Evidence.SentinelSeen
            ? "The end of the stream is in it."
            : "The end of the stream is not in it: it was cut, or whoever saved it left."),
        _ when outcome.Evidence.IsWholeReply => ("the body ends in order", "The reply came whole; whether the answer is whole, only its text can show."),
        _ when outcome.Evidence.SentinelSeen => ("the body ends in order", "Nothing was lost on the way."),
        _ when outcome.Evidence.EveryChoiceDeclared => ("the body ends in order", "But [DONE] did not come, which vLLM always sends; the finish reason did."),
        _ => ("the body ends in order", "But [DONE] did not come, which vLLM always sends: something on the way may have closed a cut stream in order."),
    };

    private static string AfterCut(StreamOutcome outcome) => outcome.Evidence.EveryChoiceDeclared
        ? "The finish reason had come by then, so the answer is not affected."
        : "What came is only part of the answer.";

    private static string Waited(StreamOutcome outcome) =>
        outcome.Verdict == StreamVerdict.Stalled ? $"{outcome.Evidence.SilentFor.TotalSeconds:0} s" : "a short grace period, because the answer had ended";
}
