using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Tools and calls, there and back.</summary>
internal static class ToolMapping
{
    // As deep as the adapter itself reads them.
    public static JsonDocumentOptions DeepArguments { get; } = new() { MaxDepth = 512 };

    /// <summary>What the model is told of a tool.</summary>
    /// <param name="tool">A function, or the declaration of one.</param>
    /// <param name="strict">Whether its schema is to be followed to the letter, where it does not say itself.</param>
    /// <exception cref="NotSupportedException">It is a tool that its provider runs.</exception>
    public static ToolDefinition Definition(AITool tool, bool? strict = null)
    {
        if (tool is not AIFunctionDeclaration function)
        {
            throw new NotSupportedException(
                $"The tool '{tool.Name}' ({tool.GetType().Name}) is run by its provider, and vLLM runs no tools. Remove it from ChatOptions.Tools, or provide a function that does the same.");
        }

        return new ToolDefinition(function.Name, function.Description is { Length: > 0 } description ? description : null)
        {
            Parameters = function.JsonSchema.ValueKind == JsonValueKind.Object ? function.JsonSchema : null,
            Strict = function.AdditionalProperties.TryGetValue("strict", out object? own) && own is bool flag ? flag : strict,
        };
    }

    /// <summary>The arguments by name, 3.0 and "3" as the integer that the schema asks for, and without null for what may be left out.</summary>
    public static Dictionary<string, object?> Arguments(ToolCall call, JsonElement? schema, ToolSignature? tool = null)
    {
        using JsonDocument arguments = JsonDocument.Parse(call.Arguments, DeepArguments);

        // The last of two equal names counts, as in every JSON reader.
        var byName = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty argument in FittedArguments.Of(arguments.RootElement, schema ?? default).EnumerateObject())
            byName[argument.Name] = QuotedNumbers.In(argument.Value, argument.Name, tool) ?? argument.Value.Clone();

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
