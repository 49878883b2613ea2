using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What a request that the model answers asks for, as far as the fake server heeds it.</summary>
internal sealed record FakeCall
{
    /// <summary>The route's shape of a reply.</summary>
    public FakeShape Shape { get; init; } = FakeShape.Chat;

    public required string Id { get; init; }

    public required long Created { get; init; }

    public required string Model { get; init; }

    public bool Stream { get; init; }

    public bool IncludesUsage { get; init; }

    public bool CountsEveryChunk { get; init; }

    public int Choices { get; init; } = 1;

    /// <summary>The tokens that the model may write, after the context window had its say.</summary>
    public required int GrantedTokens { get; init; }

    public required int PromptTokens { get; init; }

    /// <summary>The prompts of plain completions, of which each has its share of the choices.</summary>
    public IReadOnlyList<FakePrompt> Prompts { get; init; } = [];

    /// <summary>Whether a choice begins with its prompt.</summary>
    public bool Echoes { get; init; }

    /// <summary>The tokens that are counted even if none is handed out.</summary>
    public int CountsAtLeast { get; init; }

    /// <summary>Whether a transcription has segments.</summary>
    public bool HasSegments { get; init; }

    public string Language { get; init; } = "en";

    public IReadOnlyList<string> Stops { get; init; } = [];

    public bool IncludesStop { get; init; }

    public bool IgnoresEnd { get; init; }

    public bool ShowsReasoning { get; init; } = true;

    public bool AllowsParallelCalls { get; init; } = true;

    public bool HasLogprobs { get; init; }

    public int TopLogprobs { get; init; }

    public JsonArray Tools { get; init; } = [];

    /// <summary><c>none</c>, <c>auto</c> or <c>required</c>; null when one tool is named.</summary>
    public string? ToolChoice { get; init; }

    public string? NamedTool { get; init; }

    /// <summary>Whether the model has no choice but to call a tool.</summary>
    public bool IsForced => ToolChoice is null or "required";

    public static FakeCall From(ReceivedRequest request, JsonNode body, VllmProfile profile, int promptTokens, int window, string model, string id, long created)
    {
        JsonNode? options = body.At("stream_options");
        JsonNode? toolChoice = body.At("tool_choice");
        JsonArray tools = body.At("tools") as JsonArray ?? [];
        int room = Math.Max(0, window - promptTokens);
        return new FakeCall
        {
            Id = "chatcmpl-" + (request.Headers.GetValueOrDefault("X-Request-Id") ?? body.At("request_id").Text() ?? id),
            Created = created,
            Model = model,
            Stream = body.At("stream").Flag() ?? false,
            IncludesUsage = options is not null && (options.At("include_usage").Flag() ?? profile.CountsByDefault),
            CountsEveryChunk = options.At("continuous_usage_stats").Flag() ?? false,
            Choices = body.At("n").Count() ?? 1,
            GrantedTokens = Math.Min(MaxTokens(body) ?? room, room),
            PromptTokens = promptTokens,
            Stops = StopsOf(body),
            IncludesStop = body.At("include_stop_str_in_output").Flag() ?? false,
            IgnoresEnd = body.At("ignore_eos").Flag() ?? false,
            ShowsReasoning = body.At("include_reasoning").Flag() ?? true,
            AllowsParallelCalls = body.At("parallel_tool_calls").Flag() ?? true,
            HasLogprobs = body.At("logprobs").Flag() ?? false,
            TopLogprobs = Math.Max(0, body.At("top_logprobs").Count() ?? 0),
            Tools = tools,
            NamedTool = toolChoice.At("function", "name").Text(),
            ToolChoice = toolChoice is JsonObject ? null : toolChoice.Text() ?? (tools.Count > 0 ? "auto" : "none"),
        };
    }

    /// <summary>The prompt that a choice belongs to.</summary>
    public FakePrompt PromptOf(int choice) => Prompts[Math.Min(choice / Math.Max(1, Choices / Prompts.Count), Prompts.Count - 1)];

    /// <summary>The tokens of the prompt that a choice belongs to.</summary>
    public int PromptTokensOf(int choice, int otherwise) => Prompts.Count > 0 ? PromptOf(choice).Tokens : otherwise;

    /// <summary>The stop strings, be they one or a list.</summary>
    public static IReadOnlyList<string> StopsOf(JsonNode body)
    {
        JsonNode? stop = body.At("stop");
        return [.. (stop is JsonArray ? stop.Items() : [stop]).Select(LooseJson.Text).OfType<string>()];
    }

    // Python takes 0 for nothing; servers that do not are through with it by then.
    public static int? MaxTokens(JsonNode? body) =>
        body.At("max_completion_tokens").Count() is { } most and not 0 ? most : body.At("max_tokens").Count();

    /// <summary>The text of a message's content, be it a string or a list of parts.</summary>
    public static string TextOf(JsonNode? content) =>
        content is JsonArray parts ? string.Concat(parts.Select(part => part.At("text").Text())) : content.Text() ?? "";

    /// <summary>The text of the last message of a user or a tool.</summary>
    public static string LastText(JsonNode? messages) =>
        TextOf(messages.Items().LastOrDefault(message => message.At("role").Text() is "user" or "tool").At("content"));
}

/// <summary>The shape of a route's replies.</summary>
internal enum FakeShape
{
    /// <summary>Chat completions.</summary>
    Chat = 1,

    /// <summary>Plain completions.</summary>
    Text,

    /// <summary>Responses.</summary>
    Response,

    /// <summary>Messages.</summary>
    Message,

    /// <summary>What was heard, in its own language.</summary>
    Transcription,

    /// <summary>What was heard, in English.</summary>
    Translation,
}
