using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>
/// What every vLLM from 0.8.5 to 0.33.0 refuses, recorded at seven of them. What one of them takes, or ignores, is the server's to judge, and so is
/// what hangs on the model or on the server's own settings (its vocabulary, its pictures, its max-logprobs).
/// </summary>
internal static class RequestRules
{
    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_tokens", "MaxTokens", "a whole number, 1 or more", 1),
        NumberRange.Whole("truncate_prompt_tokens", "Prompt.TruncateTo", "a whole number, 1 or more, or -1 for the context window", decimal.MinValue) with { Except = 0 },
    ];

    private static readonly Func<JsonObject, string?>[] Rules =
    [
        MessageRules.FaultOf, SamplingRules.FaultOf, Logprobs, Streaming, Continuing, Tools, ToolChoice,
    ];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonObject body) => NumberRange.FirstFault(body, Ranges) ?? FirstFault(body, Rules);

    /// <summary>What the first rule that is broken says; null if none is.</summary>
    public static string? FirstFault(JsonObject body, Func<JsonObject, string?>[] rules)
    {
        foreach (Func<JsonObject, string?> rule in rules)
        {
            if (rule(body) is { } fault)
                return fault;
        }

        return null;
    }

    private static string? Logprobs(JsonObject body)
    {
        if (SamplingRules.NumberOf(body["logprobs"]) is { } number and not (0 or 1))
            return string.Create(CultureInfo.InvariantCulture, $"logprobs must be true or false, but is {number}: set Logprobs, how many go to Logprobs.TopLogprobs (top_logprobs)");

        bool isAsked = body["logprobs"] is { } asked && asked.GetValueKind() != JsonValueKind.False;
        return SamplingRules.NumberOf(body["top_logprobs"]) > 0 && !isAsked
            ? "top_logprobs must come with logprobs: set Logprobs, whose TopLogprobs writes both"
            : null;
    }

    private static string? Streaming(JsonObject body)
    {
        bool streams = body["stream"] is { } stream && stream.GetValueKind() == JsonValueKind.True;
        if (!streams && body["stream_options"] is not null)
            return "stream_options must be left out where Stream is false";
        return streams && SamplingRules.NumberOf(body["prompt_logprobs"]) is > 0 or -1
            ? "Prompt.TopLogprobs (prompt_logprobs) must be left out where Stream is true: they come with a whole reply only, so set Stream to false"
            : null;
    }

    private static string? Continuing(JsonObject body) =>
        body["continue_final_message"]?.GetValueKind() == JsonValueKind.True && body["add_generation_prompt"]?.GetValueKind() != JsonValueKind.False
            ? "Prompt.ContinueFinalMessage (continue_final_message) must come with Prompt.AddGenerationPrompt (add_generation_prompt) false: a message is continued or a new one begun"
            : null;

    private static string? Tools(JsonObject body) =>
        (body["tools"] as JsonArray)?.Select(tool => SamplingRules.TextOf((tool as JsonObject)?["type"])).FirstOrDefault(type => type is not (null or "function")) is { } kind
            ? $"Tools (tools) must be of type \"function\", but one is \"{kind}\""
            : null;

    private static string? ToolChoice(JsonObject body)
    {
        JsonNode? choice = body["tool_choice"];
        if (choice is null || SamplingRules.TextOf(choice) == "none")
            return null;
        if (body["tools"] is not { } tools)
            return $"ToolChoice (tool_choice) must come with Tools, but is {choice.ToJsonString()} without any";
        if (choice is not JsonObject named)
            return null;

        string? name = SamplingRules.TextOf((named["function"] as JsonObject)?["name"]);
        string[] known = [.. (tools as JsonArray ?? []).Select(tool => SamplingRules.TextOf(((tool as JsonObject)?["function"] as JsonObject)?["name"])).OfType<string>()];
        return name is not null && known.Contains(name)
            ? null
            : $"ToolChoice (tool_choice) must name one of Tools ({string.Join(", ", known)}), but is {(name is null ? choice.ToJsonString() : $"\"{name}\"")}";
    }
}
