using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>Reads what stands in a 200 of <c>/health</c>: every web server answers something there, and few of them are vLLM.</summary>
internal static class HealthAnswer
{
    private static readonly string[] Good = ["ok", "healthy", "pass", "up", "alive", "ready", "running", "success"];

    /// <summary>Why the answer does not show a working vLLM, in a sentence; null if it does.</summary>
    /// <param name="body">What was answered.</param>
    /// <param name="secrets">The keys that no sentence may repeat.</param>
    public static string? ProblemOf(string body, Secrets secrets)
    {
        string text = body.Trim();
        return text switch
        {
            // vLLM says nothing; vllm-router and production-stack say a word, LiteLLM counts.
            "" => null,
            _ when IsGood(text.Trim('"')) => null,
            ['{', ..] => ProblemOfJson(text, secrets),
            ['<', ..] => "The answer is a web page, so something other than vLLM is behind this address. Check the endpoint.",
            _ => $"The answer \"{ServerText.Quote(text, secrets)}\" is neither vLLM's nor that of a known gateway. Check the endpoint.",
        };
    }

    private static string? ProblemOfJson(string text, Secrets secrets)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;
            if (root.TryGetProperty("status", out JsonElement status) && status.ValueKind == JsonValueKind.String)
                return IsGood(status.GetString()!) ? null : $"The gateway says that its status is \"{ServerText.Quote(status.GetString(), secrets)}\".";

            if (root.TryGetProperty("healthy_count", out JsonElement count) && count.TryGetInt32(out int healthy))
                return healthy > 0 ? null : "The gateway says that none of its servers is healthy.";
        }
        catch (JsonException)
        {
            // Then it is an answer of nobody's that is known.
        }

        return $"The answer {ServerText.Quote(text, secrets)} is neither vLLM's nor that of a known gateway. Check the endpoint.";
    }

    private static bool IsGood(string word) => Good.Contains(word.Trim().TrimEnd('.', '!'), StringComparer.OrdinalIgnoreCase);
}
