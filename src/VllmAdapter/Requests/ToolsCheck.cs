using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Refuses tools that no model could tell apart, and a choice among none. Looks at the finished body, so that <see cref="ChatRequest.Extra"/> counts too.</summary>
internal static class ToolsCheck
{
    public static void Check(JsonObject body)
    {
        var tools = body["tools"] as JsonArray;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonNode? tool in tools ?? [])
        {
            if (tool is JsonObject { } declared && declared["function"] is JsonObject function && TextOf(function["name"]) is { } name && !names.Add(name))
            {
                throw RequestRefusal.Because(
                    $"Two tools are called '{ServerText.Quote(name)}', and their calls could not be told apart. Give each a name of its own; "
                    + $"{nameof(ChatRequest)}.{nameof(ChatRequest.SendUnchecked)} sends it all the same.");
            }
        }

        if (tools is { Count: > 0 } || body["tool_choice"] is not { } choice || TextOf(choice) == ToolChoice.None.Value)
            return;

        throw RequestRefusal.Because(
            $"ToolChoice is {(TextOf(choice) is { } word ? $"'{ServerText.Quote(word)}'" : "a tool by its name")}, but Tools is empty: vLLM refuses that. "
            + "Add the tools, or leave ToolChoice out.");
    }

    private static string? TextOf(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? said) ? said : null;
}
