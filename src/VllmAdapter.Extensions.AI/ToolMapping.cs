using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Tools and calls, there and back.</summary>
internal static class ToolMapping
{
    // As deep as the adapter itself reads them.
    private static readonly JsonDocumentOptions DeepArguments = new() { MaxDepth = 512 };

    public static ToolDefinition Definition(AIFunctionDeclaration function) =>
        new(function.Name, function.Description is { Length: > 0 } description ? description : null)
        {
            Parameters = function.JsonSchema.ValueKind == JsonValueKind.Object ? function.JsonSchema : null,
            Strict = function.AdditionalProperties.TryGetValue("strict", out object? strict) && strict is bool flag ? flag : null,
        };

    /// <summary>The arguments by name, 3.0 as the integer that the schema asks for, and without null for what may be left out.</summary>
    public static Dictionary<string, object?> Arguments(ToolCall call, JsonElement? schema)
    {
        using JsonDocument arguments = JsonDocument.Parse(call.Arguments, DeepArguments);

        // The last of two equal names counts, as in every JSON reader.
        var byName = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty argument in FittedArguments.Of(arguments.RootElement, schema ?? default).EnumerateObject())
            byName[argument.Name] = argument.Value.Clone();

        return byName;
    }

    /// <summary>A call of the history, or null if it could not be replayed: vLLM would refuse every later turn.</summary>
    public static ToolCall? Replayable(FunctionCallContent call)
    {
        // Calls that middleware has run are marked as informational, and are as much a part of the conversation as any.
        if (call.Exception is not null || string.IsNullOrWhiteSpace(call.Name))
            return null;

        // Our own calls go back exactly as they came.
        if (call.RawRepresentation is ToolCall own)
            return new ToolCall(call.CallId, own.Name, own.Arguments);

        try
        {
            return new ToolCall(call.CallId, call.Name, JsonValues.ToObject(call.Arguments).ToJsonString());
        }
        catch (Exception unwritable) when (unwritable is NotSupportedException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
