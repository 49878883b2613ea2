using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>An outcome as it is written. Set, not initialized, so that what is missing keeps its default.</summary>
internal sealed class SavedOutcome
{
    public StreamVerdict Verdict { get; set; }

    public Certainty Certainty { get; set; }

    public FinishReason? FinishReason { get; set; }

    public TerminationCause TerminatedBy { get; set; }

    public IReadOnlyList<ChoiceOutcome> Choices { get; set; } = [];

    public IReadOnlyList<ToolCall> ToolCalls { get; set; } = [];

    public IReadOnlyList<WithheldToolCall> WithheldToolCalls { get; set; } = [];

    public TokenUsage? Usage { get; set; }

    public LengthLimit? Limit { get; set; }

    public IReadOnlyList<OutcomeNote> Notes { get; set; } = [];

    public StreamEvidence? Evidence { get; set; }

    public int Attempts { get; set; } = 1;

    public IReadOnlyList<StreamOutcome> Parts { get; set; } = [];

    public bool IsComplete => Verdict is StreamVerdict.Completed or StreamVerdict.Unconfirmed;

    public static SavedOutcome Of(StreamOutcome outcome) => new()
    {
        Verdict = outcome.Verdict,
        Certainty = outcome.Certainty,
        FinishReason = outcome.FinishReason,
        TerminatedBy = outcome.TerminatedBy,
        Choices = outcome.Choices,
        ToolCalls = outcome.ToolCalls,
        WithheldToolCalls = outcome.WithheldToolCalls,
        Usage = outcome.Usage,
        Limit = outcome.Limit,
        Notes = outcome.Notes,
        Evidence = outcome.Evidence,
        Attempts = outcome.Attempts,
        Parts = outcome.Parts,
    };

    /// <exception cref="JsonException">There is no verdict.</exception>
    public StreamOutcome ToOutcome() => new()
    {
        Verdict = Verdict != default ? Verdict : throw new JsonException("verdict is missing."),
        Certainty = Certainty,
        FinishReason = FinishReason,
        TerminatedBy = TerminatedBy,
        Choices = Choices,
        ToolCalls = ToolCalls,
        WithheldToolCalls = WithheldToolCalls,
        Usage = Usage,
        Limit = Limit,
        Notes = Notes,
        Evidence = Evidence ?? new(),
        Attempts = Attempts,
        Parts = Parts,
    };
}

/// <summary>Reads and writes outcomes, one within another.</summary>
internal sealed class OutcomeConverter : JsonConverter<StreamOutcome>
{
    public override StreamOutcome Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, OutcomeJsonContext.ForLogs.SavedOutcome)!.ToOutcome();

    public override void Write(Utf8JsonWriter writer, StreamOutcome value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, SavedOutcome.Of(value), OutcomeJsonContext.ForLogs.SavedOutcome);
}
