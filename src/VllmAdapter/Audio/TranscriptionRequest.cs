using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Speech to be written down, in its own language or in English (<c>POST /v1/audio/transcriptions</c>, <c>/v1/audio/translations</c>).</summary>
/// <remarks>
/// Immutable, so an instance may be kept, varied with <c>with</c> and sent from several threads at once. Only models for speech serve these routes
/// (Whisper, Voxtral and others). vLLM cuts audio into pieces of 30 seconds and writes them down one after the other.
/// </remarks>
/// <example>
/// <code>
/// Transcription call = await adapter.TranscribeAsync(new TranscriptionRequest
/// {
///     Audio = await AudioFile.FromFileAsync("call.mp3"),
///     Language = "de",
/// });
/// </code>
/// </example>
public sealed record TranscriptionRequest
{
    private readonly EqualJson _extra;

    /// <summary>The sound file.</summary>
    public required AudioFile Audio { get; init; }

    /// <summary>The served model to use.</summary>
    /// <value>Null (default): the adapter's own model, and without one the model that the server serves.</value>
    public string? Model { get; init; }

    /// <summary>The language that is spoken, as a code such as <c>en</c>; a name such as "English" is refused.</summary>
    /// <value>Null (default): the model's own guess, or English where it makes none.</value>
    public string? Language { get; init; }

    /// <summary>Text that comes before the speech: names and spellings to follow.</summary>
    /// <value>Null (default): none.</value>
    public string? Prompt { get; init; }

    /// <summary>How freely tokens are drawn.</summary>
    /// <value>0 or more; null (default): 0, the most likely token.</value>
    public double? Temperature { get; init; }

    /// <summary>How many tokens <b>each piece of 30 seconds</b> may have.</summary>
    /// <value>1 or more; null (default): as many as the model's window takes.</value>
    /// <remarks>Wire field: <c>max_completion_tokens</c>.</remarks>
    public int? MaxTokens { get; init; }

    /// <summary>Whether the result has segments with their times.</summary>
    /// <value>
    /// False (default). True: the reply then comes whole (<c>verbose_json</c>, vLLM 0.13 and later, models with timestamps), and a whole reply does not say
    /// whether the text was cut: the outcome is <see cref="StreamVerdict.Unconfirmed"/>.
    /// </value>
    public bool Segments { get; init; }

    /// <summary>Whether the server streams its reply or sends it whole.</summary>
    /// <value>
    /// True (default): only the stream tells that a piece was cut. False, and always with <see cref="Segments"/>: the outcome of a whole reply is
    /// <see cref="StreamVerdict.Unconfirmed"/> at best.
    /// </value>
    public bool Stream { get; init; } = true;

    /// <summary>When a streamed reply reports the tokens spent.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public UsageReporting? UsageReporting { get; init; }

    /// <summary>When to stop reading the reply.</summary>
    /// <value>Null (default): as the adapter's options say. No policy is told that the reply is finished before the sentinel came: text may follow a finish reason.</value>
    public IStreamTerminationPolicy? Termination { get; init; }

    /// <summary>What to do when the reply does not end as it should.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IncompleteStreamBehavior? OnIncompleteStream { get; init; }

    /// <summary>The HTTP headers of this request.</summary>
    /// <value>Null (default): only what the adapter itself sends.</value>
    public RequestHeaders? Headers { get; init; }

    /// <summary>Further fields of the form, such as <c>top_p</c>, <c>seed</c> or <c>to_language</c>, with the last word; a null takes a field out.</summary>
    /// <value>Null (default): none. Texts, numbers and truth values go as they are, a list as one field for each entry, an object as its JSON.</value>
    public JsonObject? Extra { get => _extra.Json; init => _extra = new(value); }

    /// <summary>What the request consists of, not what it says.</summary>
    public override string ToString() => $"Transcription request: {Audio}{(Model is { } model ? $", model {model}" : "")}{(Segments ? ", with segments" : "")}";

    internal bool IsStreamed => Stream && !Segments;
}
