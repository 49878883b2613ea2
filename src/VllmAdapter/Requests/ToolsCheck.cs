using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>
/// Refuses tools that could not be told apart: every vLLM takes them, and it is the calls that go wrong. Looks at the finished body, so that what
/// came by <see cref="ChatRequest.Extra"/> counts too.
/// </summary>
internal static class ToolsCheck
{
    public static void Check(JsonObject body)
    {
        if (body["tools"] is not JsonArray { Count: > 1 } tools)
            return;

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonNode? tool in tools)
        {
            if (tool is JsonObject declared && declared["function"] is JsonObject function && TextOf(function["name"]) is { } name && !names.Add(name))
            {
                throw RequestRefusal.Because(
                    $"Two tools are called '{ServerText.Quote(name)}', and their calls could not be told apart. Give each a name of its own; "
                    + $"{nameof(ChatRequest)}.{nameof(ChatRequest.SendUnchecked)} sends it anyway.");
            }
        }
    }

    private static string? TextOf(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? said) ? said : null;
}
