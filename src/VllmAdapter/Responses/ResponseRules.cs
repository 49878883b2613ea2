using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>What every vLLM refuses on <c>/v1/responses</c>, and what has no answer that could be judged.</summary>
internal static class ResponseRules
{
    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_output_tokens", "MaxOutputTokens", "a whole number, 1 or more", 1),
        NumberRange.Whole("top_logprobs", "TopLogprobs", "a whole number, 0 or more", 0),
    ];

    private static readonly Func<JsonObject, string?>[] Rules = [Formats, SamplingRules.FaultOf];

    /// <summary>What is wrong with the body, by the member and its range; null if nothing is.</summary>
    public static string? FaultOf(JsonObject body)
    {
        // The answer of one comes elsewhere, by GET, and this call would end without it.
        if (body["background"]?.GetValueKind() == JsonValueKind.True)
            throw RequestRefusal.Because("Extra says \"background\": true, so the reply would hold no answer. Leave it out, or use adapter.Routes for such a response.");

        return Ranges.Select(range => range.FaultOf(body)).Concat(Rules.Select(rule => rule(body))).FirstOrDefault(fault => fault is not null);
    }

    private static string? Formats(JsonObject body) =>
        body["structured_outputs"] is JsonObject && body["text"] is JsonObject { } text && text["format"] is JsonObject
            ? "structured_outputs must be left out where text.format is set"
            : null;
}
