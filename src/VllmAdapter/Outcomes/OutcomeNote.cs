using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>Something about an outcome that its verdict alone does not say.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">One sentence, with the numbers in it.</param>
public readonly record struct OutcomeNote(OutcomeNoteKind Kind, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>What an <see cref="OutcomeNote"/> is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OutcomeNoteKind>))]
public enum OutcomeNoteKind
{
    /// <summary>
    /// Tokens were counted that were never delivered, all or surely a part of them, or a required call did not come: ask once more without
    /// streaming.
    /// </summary>
    OutputMissing = 1,

    /// <summary>The answer ended on exactly the last token that was allowed, and the server says that it was finished.</summary>
    EndedAtMaxTokens,

    /// <summary>All tokens went to reasoning; there is no answer. Raise <see cref="ChatRequest.MaxTokens"/>, or lower <see cref="ReasoningSettings.MaxTokens"/>.</summary>
    AllReasoning,

    /// <summary>The server sent no usage: nothing is known about the tokens spent.</summary>
    UsageMissing,

    /// <summary>The finish reason came, but then the connection broke, fell silent or ended without the sentinel.</summary>
    EndedWithoutSentinel,

    /// <summary>
    /// Calls are ready, but nothing rules out that a token limit cut them: a count of the tokens or the model's context window is missing,
    /// and the note says which. Ask for usage, or set <see cref="VllmAdapterOptions.ContextWindow"/>.
    /// </summary>
    CutNotExcluded,

    /// <summary>The server declared more than one finish reason for a choice; the worse one counts.</summary>
    ConflictingFinishReasons,

    /// <summary>Output came after the finish reason; it was accepted.</summary>
    LateOutput,

    /// <summary>The server declared <c>tool_calls</c>, but no call came.</summary>
    CallsAnnouncedNoneCame,

    /// <summary>The last event lacked its closing blank line but could be read.</summary>
    LastEventUnterminated,

    /// <summary>Events came after the sentinel and were ignored.</summary>
    EventsAfterSentinel,

    /// <summary>The reply's id changed on the way: text may be doubled or missing.</summary>
    ResponseIdChanged,

    /// <summary>Some text was not valid UTF-8, or contains the replacement character.</summary>
    LossyText,

    /// <summary>Fields of unexpected types were skipped.</summary>
    OddFields,

    /// <summary>More choices came than were asked for, or their numbers could not be trusted.</summary>
    UnexpectedChoices,

    /// <summary>The answer took more than one request (<see cref="ChatRequest.Recovery"/>); each is in <see cref="StreamOutcome.Parts"/>.</summary>
    Recovered,

    /// <summary>The server was tried more than once before it answered.</summary>
    Retried,

    /// <summary>A recovery was asked for and tried, but its request failed: the outcome is that of the stream before it.</summary>
    RecoveryFailed,

    /// <summary>The model ended after its reasoning, and there is no answer: do not take the empty text for one. Ask again.</summary>
    NoAnswer,

    /// <summary>A stop string was met inside the reasoning, and there is no answer: choose one that the model does not write while it reasons.</summary>
    StoppedInReasoning,

    /// <summary>The model declined to answer; what it said is in <see cref="ChatAnswer.Refusal"/>. Asking again does not help.</summary>
    Refused,

    /// <summary>
    /// The text or the reasoning holds a call of a declared tool that the server's parser did not find: nothing was run. Check
    /// <c>--tool-call-parser</c>, or ask once more without streaming.
    /// </summary>
    CallInText,

    /// <summary>The server counted more tokens than the request allowed: the count proves nothing, and exhausts no budget.</summary>
    CountBeyondMaxTokens,

    /// <summary>Each piece of text repeats all text before it: the text appears several times over.</summary>
    CumulativeText,

    /// <summary>Reasoning came although the request hid it; it was left out, and its tokens count.</summary>
    UnwantedReasoning,

    /// <summary>
    /// The answer does not have the shape that was asked for (<see cref="ChatRequest.Output"/>): the server may not know the setting.
    /// </summary>
    OutputNotAsAsked,
}
