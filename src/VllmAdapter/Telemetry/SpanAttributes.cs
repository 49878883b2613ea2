using System.Diagnostics;
using System.Text.Json;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter;

/// <summary>What a span says of the request and of the reply, by the names of the conventions. Never any content.</summary>
internal static class SpanAttributes
{
    private const int LongestName = 200;
    private const int LongestWord = 60;

    /// <summary>What spans and measurements of every operation say.</summary>
    public static TagList Common(string operation, Uri address, string? model)
    {
        var tags = new TagList
        {
            { Attributes.OperationName, operation },
            { Attributes.ProviderName, "vllm" },
            { Attributes.ServerAddress, address.Host },
        };
        if (address.Port >= 0)
            tags.Add(Attributes.ServerPort, address.Port);

        if (model is not null)
            tags.Add(Attributes.RequestModel, model);

        return tags;
    }

    /// <summary>Measures how long an operation took, and ends its span if it has one.</summary>
    public static void End(Activity? span, TimeSpan took, string? error, TagList tags)
    {
        if (error is not null)
            tags.Add(Attributes.ErrorType, error);

        Meters.Duration.Record(took.TotalSeconds, tags);
        if (span is null)
            return;

        if (error is not null)
            span.SetTag(Attributes.ErrorType, error).SetStatus(ActivityStatusCode.Error);

        // Stopping a span makes the one current that was so when it began, which need not be the consumer's any more.
        using var unchanged = new CurrentSpan(null);
        span.Stop();
    }

    /// <summary>Read off the finished body, so that fields which came by <see cref="ChatRequest.Extra"/> count too.</summary>
    public static void OfRequest(Activity span, ChatCall call)
    {
        using JsonDocument document = JsonDocument.Parse(call.Body, JsonText.Parsing);
        JsonElement body = document.RootElement;

        span.SetTag(Attributes.RequestStream, !call.AsksForWholeReply);
        span.SetTag(Attributes.ConversationId, call.Headers?.Session);
        span.SetTag(Attributes.RequestMaxTokens, call.Evidence.MaxTokens);
        span.SetTag(Attributes.RequestChoiceCount, call.Evidence.ChoiceCount > 1 ? call.Evidence.ChoiceCount : null);
        span.SetTag(Attributes.RequestTemperature, Number(body, "temperature"));
        span.SetTag(Attributes.RequestTopP, Number(body, "top_p"));
        span.SetTag(Attributes.RequestTopK, Whole(body, "top_k"));
        span.SetTag(Attributes.RequestSeed, Whole(body, "seed"));
        span.SetTag(Attributes.RequestFrequencyPenalty, Number(body, "frequency_penalty"));
        span.SetTag(Attributes.RequestPresencePenalty, Number(body, "presence_penalty"));
        span.SetTag(Attributes.RequestStopSequences, StopStrings(body));
        span.SetTag(Attributes.RequestReasoningLevel, Text(body, "reasoning_effort"));
        span.SetTag(Attributes.OutputType, OutputType(body));
    }

    public static void OfReply(Activity span, StreamOutcome outcome, Secrets secrets)
    {
        StreamEvidence evidence = outcome.Evidence;
        span.SetTag(Attributes.ResponseId, ServerText.Quote(evidence.ResponseId, secrets, LongestName));
        span.SetTag(Attributes.ResponseModel, ServerText.Quote(evidence.Model, secrets, LongestName));
        span.SetTag(Attributes.ResponseFinishReasons, FinishReasons(outcome, secrets));
        if (!evidence.IsWholeReply)
            span.SetTag(Attributes.ResponseTimeToFirstChunk, evidence.FirstChunkAt?.TotalSeconds);

        TurnCost cost = TurnCost.Of(outcome);
        span.SetTag(Attributes.UsageInputTokens, Exact(cost.Prompt));
        span.SetTag(Attributes.UsageOutputTokens, Exact(cost.Completion));
        span.SetTag(Attributes.UsageCacheReadTokens, outcome.Usage?.Details?.CachedPromptTokens);
        span.SetTag(Attributes.UsageCacheWriteTokens, outcome.Usage?.Details?.CreatedCacheTokens);
        span.SetTag(Attributes.UsageReasoningTokens, outcome.Usage?.Details?.ReasoningTokens);
        span.SetTag(Attributes.WithheldToolCalls, outcome.WithheldToolCalls.Count > 0 ? outcome.WithheldToolCalls.Count : null);
        span.SetTag(Attributes.Attempts, outcome.Attempts);
        span.SetTag(Attributes.RequestId, evidence.RequestId);
    }

    public static long? Exact(TokenCount count) => count.IsExact ? count.Min : null;

    private static string[]? FinishReasons(StreamOutcome outcome, Secrets secrets)
    {
        string[] words = [.. outcome.Choices.Select(choice => ServerText.Quote(choice.FinishReason?.Value, secrets, LongestWord)).OfType<string>()];
        return words.Length > 0 ? words : null;
    }

    private static string? OutputType(JsonElement body)
    {
        if (Field(body, "structured_outputs") is { ValueKind: JsonValueKind.Object } shape
            && (Field(shape, "json") ?? Field(shape, "json_object")) is { ValueKind: not (JsonValueKind.Null or JsonValueKind.False) })
        {
            return "json";
        }

        string? format = Field(body, "response_format") is { ValueKind: JsonValueKind.Object } asked ? Text(asked, "type") : null;
        return format is "json_object" or "json_schema" ? "json" : format is "text" ? "text" : null;
    }

    private static string[]? StopStrings(JsonElement body) => Field(body, "stop") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } several when several.GetArrayLength() > 0 =>
            [.. several.EnumerateArray().Where(stop => stop.ValueKind == JsonValueKind.String).Select(stop => stop.GetString()!)],
        _ => null,
    };

    private static double? Number(JsonElement body, string name) =>
        Field(body, name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    private static long? Whole(JsonElement body, string name) =>
        Field(body, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long number) ? number : null;

    private static string? Text(JsonElement body, string name) =>
        Field(body, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static JsonElement? Field(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value : null;
}
