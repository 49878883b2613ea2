using System.Text.Json;

namespace VllmAdapter;

/// <summary>What every vLLM refuses on <c>/v1/responses</c>, and what has no answer that could be judged.</summary>
internal static class ResponseRules
{
    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_output_tokens", "MaxOutputTokens", "a whole number, 1 or more", 1),
        NumberRange.Whole("top_logprobs", "TopLogprobs", "a whole number, 0 or more", 0),
    ];

    private static readonly Func<JsonElement, string?>[] Rules = [Formats, SamplingRules.FaultOf];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is.</summary>
    public static string? FaultOf(JsonElement body)
    {
        // The answer of one comes elsewhere, by GET, and this call would end without it.
        if (body.IsTrueAt("background"u8))
            throw RequestRefusal.Because("Extra says \"background\": true, so the reply would hold no answer. Leave it out, or use adapter.Routes for such a response.");

        return NumberRange.FirstFault(body, Ranges) ?? RequestRules.FirstFault(body, Rules);
    }

    private static string? Formats(JsonElement body) =>
        body.ObjectAt("structured_outputs"u8) is not null && body.At("text"u8)?.ObjectAt("format"u8) is not null
            ? "structured_outputs must be left out where text.format is set"
            : null;
}
