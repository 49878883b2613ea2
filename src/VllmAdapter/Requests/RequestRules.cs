using System.Globalization;
using System.Text.Json;

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

    private static readonly Func<JsonElement, string?>[] Rules =
    [
        MessageRules.FaultOf, SamplingRules.FaultOf, Logprobs, Streaming, Continuing, Tools, ToolChoice,
    ];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonElement body) => NumberRange.FirstFault(body, Ranges) ?? FirstFault(body, Rules);

    /// <summary>What the first rule that is broken says; null if none is.</summary>
    public static string? FirstFault(JsonElement body, Func<JsonElement, string?>[] rules)
    {
        foreach (Func<JsonElement, string?> rule in rules)
        {
            if (rule(body) is { } fault)
                return fault;
        }

        return null;
    }

    private static string? Logprobs(JsonElement body)
    {
        if (body.NumberAt("logprobs"u8) is { } number and not (0 or 1))
            return string.Create(CultureInfo.InvariantCulture, $"logprobs must be true or false, but is {number}: set Logprobs, how many go to Logprobs.TopLogprobs (top_logprobs)");

        bool isAsked = body.At("logprobs"u8) is { ValueKind: not JsonValueKind.False };
        return body.NumberAt("top_logprobs"u8) > 0 && !isAsked
            ? "top_logprobs must come with logprobs: set Logprobs, whose TopLogprobs writes both"
            : null;
    }

    private static string? Streaming(JsonElement body)
    {
        bool streams = body.IsTrueAt("stream"u8);
        if (!streams && body.At("stream_options"u8) is not null)
            return "stream_options must be left out where Stream is false";
        return streams && body.NumberAt("prompt_logprobs"u8) is > 0 or -1
            ? "Prompt.TopLogprobs (prompt_logprobs) must be left out where Stream is true: they come with a whole reply only, so set Stream to false"
            : null;
    }

    private static string? Continuing(JsonElement body) =>
        body.IsTrueAt("continue_final_message"u8) && body.At("add_generation_prompt"u8)?.ValueKind != JsonValueKind.False
            ? "Prompt.ContinueFinalMessage (continue_final_message) must come with Prompt.AddGenerationPrompt (add_generation_prompt) false: a message is continued or a new one begun"
            : null;

    private static string? Tools(JsonElement body)
    {
        if (body.ListAt("tools"u8) is not { } tools)
            return null;

        foreach (JsonElement tool in tools.EnumerateArray())
        {
            if (tool.At("type"u8) is { ValueKind: JsonValueKind.String } type && !type.ValueEquals("function"u8))
                return $"Tools (tools) must be of type \"function\", but one is \"{type.GetString()}\"";
        }

        return null;
    }

    private static string? ToolChoice(JsonElement body)
    {
        if (body.At("tool_choice"u8) is not { } choice || JsonFields.Says(choice, "none"u8))
            return null;
        if (body.At("tools"u8) is not { } tools)
            return $"ToolChoice (tool_choice) must come with Tools, but is {choice.GetRawText()} without any";
        if (choice.ValueKind != JsonValueKind.Object)
            return null;

        string? name = choice.At("function"u8)?.TextAt("name"u8);
        string[] known = tools.ValueKind == JsonValueKind.Array ? [.. tools.EnumerateArray().Select(static tool => tool.At("function"u8)?.TextAt("name"u8)).OfType<string>()] : [];
        return name is not null && known.Contains(name)
            ? null
            : $"ToolChoice (tool_choice) must name one of Tools ({string.Join(", ", known)}), but is {(name is null ? choice.GetRawText() : $"\"{name}\"")}";
    }
}
