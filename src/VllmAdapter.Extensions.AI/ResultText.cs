using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>What a function gave back, as the text that the model is to see.</summary>
internal static class ResultText
{
    public static string Of(FunctionResultContent content) => content switch
    {
        { Result: null, Exception: not null } => "The tool failed and gave no result.",
        _ => Of(content.Result),
    };

    public static string Of(object? result) => result switch
    {
        null => "null",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        JsonElement json => json.GetRawText(),
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonNode node => node.ToJsonString(),
        TextContent text => text.Text,
        IEnumerable<AIContent> contents when contents.All(content => content is TextContent) => string.Concat(contents.Cast<TextContent>().Select(text => text.Text)),
        _ => JsonValues.ToNode(result)!.ToJsonString(),
    };
}
