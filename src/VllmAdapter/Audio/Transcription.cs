using System.Text.Json;

namespace VllmAdapter;

/// <summary>Speech, written down, and how the writing ended.</summary>
public sealed record Transcription
{
    /// <summary>The text. The pieces of 30 seconds that vLLM cuts audio into are joined as the server joins them; empty for silence.</summary>
    public string Text { get; init; } = "";

    /// <summary>The segments, in the order of their times; empty unless <see cref="TranscriptionRequest.Segments"/> asked for them.</summary>
    public IReadOnlyList<TranscriptionSegment> Segments { get; init; } = [];

    /// <summary>The language, where the server reports it: with segments. It may be what it was told, or took for granted, rather than what it heard.</summary>
    public string? Language { get; init; }

    /// <summary>The length of the audio, where the server reports it: with segments, and in a whole reply without them rounded up to the second.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The tokens counted by the server over all pieces, or null if it sent none: a whole reply has none.</summary>
    public TokenUsage? Usage => Outcome.Usage;

    /// <summary>
    /// How it ended: <see cref="StreamVerdict.LengthLimited"/> if any piece was cut. Of a whole reply nothing tells, and it is
    /// <see cref="StreamVerdict.Unconfirmed"/>.
    /// </summary>
    public required StreamOutcome Outcome { get; init; }

    /// <summary>The server's id of the reply; null for a whole one, which has none.</summary>
    public string? Id => Outcome.Evidence.ResponseId;

    /// <summary>Fields of the server's reply that the library has no property for and that are not null, by name; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

    /// <summary>The same in the terms of transcriptions: of what an exception holds (<see cref="IncompleteStreamException.Received"/>).</summary>
    /// <param name="received">What was received of a request for a transcription.</param>
    public static Transcription Of(ChatAnswer received)
    {
        ArgumentNullException.ThrowIfNull(received);
        Transcription told = WholeTranscription.Of(received.Extra);
        return told with { Text = received.Text, Outcome = received.OutcomeWithText };
    }

    /// <summary>The text.</summary>
    public override string ToString() => Text;
}
