using System.Globalization;
using System.Text.Json;

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

    private static readonly Func<JsonElement, string?>[] Rules = [NothingToDo, TooMany, Streaming, SamplingRules.FaultOf];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is that every server refuses.</summary>
    public static string? FaultOf(JsonElement body) => NumberRange.FirstFault(body, Ranges) ?? RequestRules.FirstFault(body, Rules);

    private static string? NothingToDo(JsonElement body) =>
        body.NumberAt("max_tokens"u8) == 0 && !body.IsTrueAt("echo"u8)
            ? "MaxTokens (max_tokens) must be 1 or more where Echo is false: 0 asks for the prompt alone"
            : null;

    private static string? TooMany(JsonElement body) =>
        (body.NumberAt("n"u8) ?? 1) * TextRequestBody.PromptsIn(body) is var choices && choices > RequestCheck.MostChoices
            ? string.Create(CultureInfo.InvariantCulture, $"Prompts and ChoiceCount (n) must ask for at most {RequestCheck.MostChoices:N0} choices together, for each is held in memory, but ask for {choices:N0}")
            : null;

    private static string? Streaming(JsonElement body)
    {
        bool streams = body.IsTrueAt("stream"u8);
        if (!streams && body.At("stream_options"u8) is not null)
            return "stream_options must be left out where Stream is false";
        return streams && body.NumberAt("prompt_logprobs"u8) is > 0 or -1
            ? "PromptLogprobs (prompt_logprobs) must be left out where Stream is true: they come with a whole reply only, so set Stream to false"
            : null;
    }
}
