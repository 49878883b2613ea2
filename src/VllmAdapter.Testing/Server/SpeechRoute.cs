using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The two audio routes. What is heard the script says; each finish ends a piece of 30 seconds, and text may follow it.</summary>
internal sealed class SpeechRoute(FakeVllmOptions options, ServedModels models, Refusals refusals) : IGeneratingRoute
{
    private const string Transcriptions = "/v1/audio/transcriptions";
    private const string Translations = "/v1/audio/translations";
    private const int PromptTokens = 4;

    private static readonly string[] Languages =
    [
        "af", "ar", "hy", "az", "be", "bs", "bg", "ca", "zh", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "gl", "de", "el", "he",
        "hi", "hu", "is", "id", "it", "ja", "kn", "kk", "ko", "lv", "lt", "mk", "ms", "mr", "mi", "ne", "no", "fa", "pl", "pt", "ro",
        "ru", "sr", "sk", "sl", "es", "sw", "sv", "tl", "ta", "th", "tr", "uk", "ur", "vi", "cy",
    ];

    public IEnumerable<string> Offered => options.Kinds.HasFlag(ModelKinds.Transcribes) ? [Transcriptions, Translations] : [];

    public GeneratingCall Read(ReceivedRequest request, string id, long created)
    {
        if (FormReader.Read(request) is not { } form || !form.ContainsKey("file"))
        {
            var nothing = new JsonObject();
            return new(new RefusalWriter(options.Profile).OfFields(FieldFault.Missing(nothing, "body", "file")), null);
        }

        return (Refuse(form) ?? models.RefuseUnknown(form, refusals)) is { } refusal ? new(refusal, null) : new(null, CallOf(request, form, id, created));
    }

    private WireReply? Refuse(JsonObject form)
    {
        string? format = form.At("response_format").Text();
        if (format is "srt" or "vtt")
            return refusals.Refuse("Currently only support response_format: `text`, `json` or `verbose_json`", "BadRequestError");
        if (format == "verbose_json" && form.At("stream").Text() == "true")
            return refusals.Refuse("verbose_json format doesn't support streaming case", "BadRequestError");
        return form.At("language").Text() is { } language && !Languages.Contains(language)
            ? refusals.Refuse($"Unsupported language: '{language}'.  Must be one of [{string.Join(", ", Languages.Select(code => $"'{code}'"))}].", "BadRequestError")
            : null;
    }

    private FakeCall CallOf(ReceivedRequest request, JsonObject form, string id, long created)
    {
        bool translates = request.Path == Translations;
        return new FakeCall
        {
            Shape = translates ? FakeShape.Translation : FakeShape.Transcription,
            Id = $"{(translates ? "translate" : "transcribe")}-{request.Headers.GetValueOrDefault("X-Request-Id") ?? id}",
            Created = created,
            Model = models.NameFor(form),
            Stream = form.At("stream").Text() == "true",
            IncludesUsage = form.At("stream_include_usage").Text() == "true",
            CountsEveryChunk = form.At("stream_continuous_usage_stats").Text() == "true",
            HasSegments = form.At("response_format").Text() == "verbose_json",
            GrantedTokens = int.TryParse(form.At("max_completion_tokens").Text(), out int most) ? most : options.ContextWindow,
            PromptTokens = PromptTokens,
            Language = form.At("language").Text() ?? "en",
            ToolChoice = "none",
        };
    }
}
