using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>How a stream ended, what that rests on, what it cost, and which tool calls may be run.</summary>
/// <remarks>Immutable once the stream has ended.</remarks>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record StreamOutcome
{
    // Nothing is written into it: only the adapter's own evidence is still being written.
    private static readonly StreamEvidence NoEvidence = new();

    private readonly Aside<IReadOnlyList<ChatChoice>> _received = new([]);
    private readonly Aside<IncompleteStreamBehavior> _defaultBehavior = new(IncompleteStreamBehavior.Throw);

    /// <summary>How the stream ended; with several choices, the worst of their verdicts.</summary>
    public StreamVerdict Verdict { get; init; }

    /// <summary>What the verdict is based on.</summary>
    public Certainty Certainty { get; init; }

    /// <summary>The server's word for choice 0, or null if it declared none. Missing is not "stop", and not "out of tokens".</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>Why the adapter stopped reading.</summary>
    public TerminationCause TerminatedBy { get; init; }

    /// <summary>One outcome for each choice, by index.</summary>
    public IReadOnlyList<ChoiceOutcome> Choices { get; init => field = ValueList<ChoiceOutcome>.Of(value); } = ValueList<ChoiceOutcome>.Empty;

    /// <summary>The calls that are ready: whole, and of choices that were not cut. Look at <see cref="ToolCall.Problems"/> before running one.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init => field = ValueList<ToolCall>.Of(value); } = ValueList<ToolCall>.Empty;

    /// <summary>The calls that must not be run, each with its reason and the text received.</summary>
    public IReadOnlyList<WithheldToolCall> WithheldToolCalls { get; init => field = ValueList<WithheldToolCall>.Of(value); } = ValueList<WithheldToolCall>.Empty;

    /// <summary>The tokens counted by the server, or null if it sent none: unknown, not zero.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Which limit cut the answer; null if none did.</summary>
    public LengthLimit? Limit { get; init; }

    /// <summary>What else is worth knowing.</summary>
    public IReadOnlyList<OutcomeNote> Notes { get; init => field = ValueList<OutcomeNote>.Of(value); } = ValueList<OutcomeNote>.Empty;

    /// <summary>Everything that was observed.</summary>
    public StreamEvidence Evidence { get; init; } = NoEvidence;

    /// <summary>How many times a request was sent for it, at least 1.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>
    /// The outcomes of the single requests, in order, if the answer was put together from more than one
    /// (<see cref="ChatRequest.Recovery"/>); empty otherwise.
    /// </summary>
    /// <remarks>Verdict and evidence of the whole are those of the last part; usage and attempts are sums.</remarks>
    public IReadOnlyList<StreamOutcome> Parts { get; init => field = ValueList<StreamOutcome>.Of(value); } = ValueList<StreamOutcome>.Empty;

    /// <summary>What was received of each choice, for the history. The choices alone: an answer refers back to its outcome.</summary>
    internal IReadOnlyList<ChatChoice> Received { get => _received.Value; init => _received = new(value); }

    /// <summary>What the adapter does about incomplete streams where a request does not say: a loop asks for reports, and goes by this itself.</summary>
    internal IncompleteStreamBehavior DefaultBehavior { get => _defaultBehavior.Value; init => _defaultBehavior = new(value); }

    /// <summary>Whether the answer can be taken as complete: <see cref="StreamVerdict.Completed"/> or <see cref="StreamVerdict.Unconfirmed"/>.</summary>
    public bool IsComplete => Verdict is StreamVerdict.Completed or StreamVerdict.Unconfirmed;

    /// <summary>What happened, in one or two plain sentences with the numbers in them.</summary>
    public string Explain() => OutcomeExplanation.Of(this);

    /// <summary>
    /// The whole outcome with its evidence as one line of JSON, for a log or to be read again (<see cref="Parse"/>): names in snake_case, times in seconds.
    /// </summary>
    /// <remarks>
    /// Of the answer it holds the text of tool calls and what could not be read (<see cref="StreamEvidence.UnreadText"/>); it never
    /// holds headers or the API key.
    /// </remarks>
    public string ToJson() => JsonSerializer.Serialize(SavedOutcome.Of(this), OutcomeJsonContext.ForLogs.SavedOutcome);

    /// <summary>Reads what <see cref="ToJson"/> wrote. Unknown fields are skipped.</summary>
    /// <param name="json">The text.</param>
    /// <returns>An equal outcome. It has no text of the answer, so <see cref="ChatRequest.With(StreamOutcome, ToolMessage[])"/> takes only calls from it.</returns>
    /// <exception cref="JsonException">The text is not an outcome.</exception>
    public static StreamOutcome Parse([StringSyntax(StringSyntaxAttribute.Json)] string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return SavedJson.Read(json, "a saved outcome", static outcome =>
            (outcome.Deserialize(OutcomeJsonContext.ForLogs.SavedOutcome) ?? throw new JsonException("it is null.")).ToOutcome());
    }

    /// <summary>Throws unless <see cref="IsComplete"/>.</summary>
    /// <returns>This outcome.</returns>
    /// <exception cref="IncompleteStreamException">The verdict is neither completed nor unconfirmed.</exception>
    public StreamOutcome EnsureComplete() =>
        IsComplete ? this : throw new IncompleteStreamException(this, new ChatAnswer { Outcome = this, Choices = Received });

    /// <inheritdoc/>
    public override string ToString() => Explain();

    /// <summary>Whether a stream that ended like this throws.</summary>
    internal bool Throws(IncompleteStreamBehavior choice) => choice switch
    {
        IncompleteStreamBehavior.Report => false,
        IncompleteStreamBehavior.ThrowUnlessConfirmed when Verdict == StreamVerdict.Unconfirmed => true,
        _ => Verdict is StreamVerdict.ServerError or StreamVerdict.Malformed or StreamVerdict.Stalled
            or StreamVerdict.Interrupted or StreamVerdict.Aborted,
    };
}
