using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>What a function gave back, as the model is to see it: text, or parts where there is more than text.</summary>
internal static class ToolMessageMapping
{
    public static ToolMessage Of(FunctionResultContent content)
    {
        IReadOnlyList<ContentPart> parts = content is { Result: null, Exception: not null }
            ? [ContentPart.Text("The tool failed and gave no result.")]
            : PartsOf(content.Result);
        return parts is [TextPart text]
            ? new ToolMessage(content.CallId, text.Text)
            : new ToolMessage(content.CallId, "") { Parts = parts };
    }

    public static IReadOnlyList<ContentPart> PartsOf(object? result) => result switch
    {
        AIContent content => PartsOf([content]),
        IEnumerable<AIContent> contents => PartsOf([.. contents]),
        _ => [ContentPart.Text(TextOf(result))],
    };

    private static IReadOnlyList<ContentPart> PartsOf(AIContent[] contents) => contents.All(content => content is TextContent)
        ? [ContentPart.Text(string.Concat(contents.Cast<TextContent>().Select(text => text.Text)))]
        : [.. contents.Select(content => PartMapping.Of(content, "The result of a tool")).OfType<ContentPart>()];

    private static string TextOf(object? result) => result switch
    {
        null => "null",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        JsonElement json => json.GetRawText(),
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonNode node => node.ToJsonString(),
        _ => JsonValues.ToNode(result)!.ToJsonString(),
    };
}
