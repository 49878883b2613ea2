using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>The max tokens of a request, wherever they were set: the server takes <c>max_completion_tokens</c> before <c>max_tokens</c>.</summary>
internal static class RequestMaxTokens
{
    private static readonly string[] Names = ["max_completion_tokens", "max_tokens"];

    public static int? Of(ChatRequest request)
    {
        foreach (string name in Names)
        {
            if (request.Extra?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int tokens))
                return tokens;
        }

        return request.MaxTokens;
    }

    public static ChatRequest Set(ChatRequest request, int? tokens)
    {
        JsonObject? extra = request.Extra;
        if (extra is not null && Names.Any(extra.ContainsKey))
        {
            extra = extra.DeepClone().AsObject();
            foreach (string name in Names)
                extra.Remove(name);
        }

        return request with { MaxTokens = tokens, Extra = extra };
    }
}
