namespace VllmAdapter.Tool.Explain;

/// <summary>The verdicts, for people who have never seen them.</summary>
internal static class VerdictWords
{
    public static string Meaning(StreamOutcome outcome) => outcome.Verdict switch
    {
        StreamVerdict.Completed when Doubts.About(outcome) is not null => "The server says that the answer is whole, but it cannot be used as it is.",
        StreamVerdict.Completed when outcome.WithheldToolCalls.Count > 0 => "The server says that the answer is whole, but a call in it is not.",
        StreamVerdict.Completed => "The answer is whole: the server said so, and nothing speaks against it.",
        StreamVerdict.Unconfirmed => "Nobody confirmed the end: nothing shows a cut, and nothing says that the answer is whole.",
        StreamVerdict.LengthLimited when outcome.Certainty == Certainty.Inferred =>
            "A token limit cut the answer, although the server does not say so: the count gives it away.",
        StreamVerdict.LengthLimited => "A token limit cut the answer.",
        StreamVerdict.StoppedByServer => "The server ended the answer for a reason of its own.",
        StreamVerdict.StoppedByPolicy => "The reader ended it.",
        StreamVerdict.Aborted => "The server gave up on the request.",
        StreamVerdict.Interrupted => "The answer broke off.",
        StreamVerdict.Stalled => "The server fell silent in the middle of the answer.",
        StreamVerdict.ServerError => "The server failed in the middle of the answer.",
        StreamVerdict.Malformed => "What came is no chat stream, or no longer one.",
        _ => "The reader left before the end.",
    };

    public static string WhatToDoWithText(ChatAnswer answer)
    {
        StreamOutcome outcome = answer.Outcome;
        bool hasText = answer.Choices.Any(choice => choice.Text.Length > 0);
        return outcome.Verdict switch
        {
            StreamVerdict.Completed or StreamVerdict.Unconfirmed when Doubts.About(outcome) is { } doubt => doubt,
            StreamVerdict.Completed or StreamVerdict.Unconfirmed when !hasText && outcome.ToolCalls.Count > 0 => "There is none; the answer is its calls.",
            StreamVerdict.Completed or StreamVerdict.Unconfirmed when answer.Choices.Any(choice => choice.Refusal.Length > 0) =>
                "There is none: the model declined, and will decline again.",
            StreamVerdict.Completed or StreamVerdict.Unconfirmed when !hasText => "There is none.",
            StreamVerdict.Completed => "Use it as the whole answer.",
            StreamVerdict.Unconfirmed => "Use it, and say that nobody confirmed its end.",
            StreamVerdict.LengthLimited when !hasText => "There is none: the limit came before it. Raise it, and ask again.",
            StreamVerdict.LengthLimited => "It is a part. Show it as one, raise the limit and ask again, or let the model go on from there.",
            StreamVerdict.StoppedByServer => "It may be a part: the finish reason says why it ended.",
            StreamVerdict.Malformed => "Do not use it. See what answers at this address, and what stands in between.",
            _ when !hasText => "There is none. Ask again.",
            _ => "It is a part: do not take it for the answer. Ask again.",
        };
    }
}
