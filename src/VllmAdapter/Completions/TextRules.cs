using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>What every vLLM from 0.8.5 to 0.33.0 refuses on the route of plain completions.</summary>
internal static class TextRules
{
    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_tokens", "MaxTokens", "a whole number, 1 or more, or 0 together with Echo", 0),
        NumberRange.Whole("logprobs", "Logprobs.TopLogprobs", "a whole number, 0 or more, or -1 for the whole vocabulary", -1),
        NumberRange.Whole("truncate_prompt_tokens", "TruncateTo", "a whole number, 1 or more, or -1 for the context window", decimal.MinValue) with { Except = 0 },
    ];

    private static readonly Func<JsonObject, string?>[] Rules = [NothingToDo, TooMany, Streaming, SamplingRules.FaultOf];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonObject body) =>
        Ranges.Select(range => range.FaultOf(body)).Concat(Rules.Select(rule => rule(body))).FirstOrDefault(fault => fault is not null);

    private static string? NothingToDo(JsonObject body) =>
        SamplingRules.NumberOf(body["max_tokens"]) == 0 && body["echo"]?.GetValueKind() != JsonValueKind.True
            ? "MaxTokens (max_tokens) must be 1 or more where Echo is false: 0 asks for the prompt alone"
            : null;

    private static string? TooMany(JsonObject body) =>
        (SamplingRules.NumberOf(body["n"]) ?? 1) * TextRequestBody.PromptsIn(body) is var choices && choices > RequestCheck.MostChoices
            ? string.Create(CultureInfo.InvariantCulture, $"Prompts and ChoiceCount (n) must ask for at most {RequestCheck.MostChoices:N0} choices together, for each is held in memory, but ask for {choices:N0}")
            : null;

    private static string? Streaming(JsonObject body)
    {
        bool streams = body["stream"]?.GetValueKind() == JsonValueKind.True;
        if (!streams && body["stream_options"] is not null)
            return "stream_options must be left out where Stream is false";
        return streams && SamplingRules.NumberOf(body["prompt_logprobs"]) is > 0 or -1
            ? "PromptLogprobs (prompt_logprobs) must be left out where Stream is true: they come with a whole reply only, so set Stream to false"
            : null;
    }
}
