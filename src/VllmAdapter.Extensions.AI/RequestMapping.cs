using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Messages and options as a request. What the request of <see cref="ChatOptions.RawRepresentationFactory"/> sets comes first.</summary>
internal static class RequestMapping
{
    // The one word of AdditionalProperties that Microsoft.Extensions.AI itself gives a meaning: for the tools and the schema.
    private const string Strict = "strict";

    public static ChatRequest Map(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient client, string? model)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ThrowIfLost(options);
        ChatRequest start = options?.RawRepresentationFactory?.Invoke(client) as ChatRequest ?? new ChatRequest { Messages = [] };
        VllmMessage[] instructions = options?.Instructions is { Length: > 0 } text ? [VllmMessage.System(text)] : [];
        ChatRequest request = start with
        {
            Messages = [.. start.Messages, .. instructions, .. MessageMapping.Map(messages)],
            Model = start.Model ?? options?.ModelId ?? model,
        };
        return options is null ? request : Apply(options, request);
    }

    /// <summary>The same request, not streamed. What it says of streaming beside <see cref="ChatRequest.Stream"/> would be refused then.</summary>
    public static ChatRequest Whole(ChatRequest request)
    {
        JsonObject? extra = request.Extra?.DeepClone().AsObject();
        extra?.Remove("stream");
        extra?.Remove("stream_options");
        return request with { Stream = false, Extra = extra };
    }

    /// <exception cref="NotSupportedException">Something was asked for that a server without a memory of conversations cannot give.</exception>
    private static void ThrowIfLost(ChatOptions? options)
    {
        if (options?.ConversationId is { Length: > 0 } conversation)
        {
            throw new NotSupportedException(
                $"The conversation '{conversation}' cannot be continued: vLLM stores none. Send its messages, and leave ChatOptions.ConversationId empty.");
        }

#pragma warning disable MEAI001 // Experimental, and refused: without this check it would be passed over in silence.
        if (options?.ContinuationToken is not null)
#pragma warning restore MEAI001
        {
            throw new NotSupportedException(
                "vLLM stores no answers, so a ChatOptions.ContinuationToken cannot be continued. Ask again without it.");
        }
    }

    private static ChatRequest Apply(ChatOptions options, ChatRequest request)
    {
        bool? strict = options.AdditionalProperties?.TryGetValue(Strict, out object? value) == true ? value as bool? : null;
        ToolDefinition[] tools = [.. request.Tools, .. (options.Tools ?? []).Select(tool => ToolMapping.Definition(tool, strict))];
        return request with
        {
            MaxTokens = request.MaxTokens ?? options.MaxOutputTokens,
            Sampling = SamplingOf(options, request.Sampling),
            Tools = tools,

            // vLLM refuses a choice without tools to choose from.
            ToolChoice = request.ToolChoice ?? (tools.Length > 0 ? ChoiceOf(options.ToolMode) : null),
            ParallelToolCalls = request.ParallelToolCalls ?? (tools.Length > 0 ? options.AllowMultipleToolCalls : null),
            Output = request.Output ?? OutputOf(options.ResponseFormat, strict),
            Reasoning = ReasoningOf(options.Reasoning, request.Reasoning),
            Extra = ExtraOf(options.AdditionalProperties, request.Extra),
        };
    }

    private static SamplingOptions? SamplingOf(ChatOptions options, SamplingOptions? start)
    {
        SamplingOptions unset = start ?? new SamplingOptions();
        SamplingOptions set = unset with
        {
            Temperature = unset.Temperature ?? Widen(options.Temperature),
            TopP = unset.TopP ?? Widen(options.TopP),
            TopK = unset.TopK ?? options.TopK,
            FrequencyPenalty = unset.FrequencyPenalty ?? Widen(options.FrequencyPenalty),
            PresencePenalty = unset.PresencePenalty ?? Widen(options.PresencePenalty),
            Seed = unset.Seed ?? options.Seed,
            Stop = [.. unset.Stop.Union(options.StopSequences ?? [], StringComparer.Ordinal)],
        };
        return set;
    }

    // 0.2f is to be sent as 0.2, not as 0.20000000298.
    private static double? Widen(float? value) => value is { } number
        ? double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : null;

    private static ToolChoice? ChoiceOf(ChatToolMode? mode) => mode switch
    {
        NoneChatToolMode => ToolChoice.None,
        AutoChatToolMode => ToolChoice.Auto,
        RequiredChatToolMode { RequiredFunctionName: { Length: > 0 } name } => ToolChoice.Named(name),
        RequiredChatToolMode => ToolChoice.Required,
        _ => null,
    };

    private static StructuredOutput? OutputOf(ChatResponseFormat? format, bool? strict) => format switch
    {
        ChatResponseFormatJson { Schema: { ValueKind: JsonValueKind.Object } schema } json => StructuredOutput.JsonSchema(
            json.SchemaName is { Length: > 0 } name ? name : "answer", schema, strict) with
        {
            Description = json.SchemaDescription is { Length: > 0 } description ? description : null,
        },
        ChatResponseFormatJson => StructuredOutput.JsonObject,
        _ => null,
    };

    private static ReasoningSettings? ReasoningOf(ReasoningOptions? reasoning, ReasoningSettings? start)
    {
        if (reasoning is null)
            return start;

        ReasoningSettings unset = start ?? new ReasoningSettings();
        return unset with
        {
            Effort = unset.Effort ?? reasoning.Effort switch
            {
                Microsoft.Extensions.AI.ReasoningEffort.None => ReasoningLevel.None,
                Microsoft.Extensions.AI.ReasoningEffort.Low => ReasoningLevel.Low,
                Microsoft.Extensions.AI.ReasoningEffort.Medium => ReasoningLevel.Medium,
                Microsoft.Extensions.AI.ReasoningEffort.High => ReasoningLevel.High,
                Microsoft.Extensions.AI.ReasoningEffort.ExtraHigh => ReasoningLevel.ExtraHigh,
                _ => null,
            },
            Include = unset.Include ?? (reasoning.Output == ReasoningOutput.None ? false : null),
        };
    }

    private static JsonObject? ExtraOf(AdditionalPropertiesDictionary? properties, JsonObject? start)
    {
        if (properties is null || properties.Count == 0)
            return start;

        JsonObject extra = JsonValues.ToObject(properties.Where(property => property.Key != Strict));
        foreach ((string name, JsonNode? value) in start ?? [])
            extra[name] = value?.DeepClone();

        return extra;
    }
}
