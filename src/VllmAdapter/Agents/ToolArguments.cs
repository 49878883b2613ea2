using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>Holds the arguments of a call against the schema of its tool. What does not fit is said in words for the model.</summary>
internal static class ToolArguments
{
    /// <exception cref="JsonException">They do not fit the type, or its annotations.</exception>
    public static TArguments Read<TArguments>(ToolCall call, JsonTypeInfo<TArguments> type, JsonElement schema)
    {
        using JsonDocument document = JsonDocument.Parse(call.Arguments, JsonText.Parsing);
        JsonElement arguments = FittedArguments.Of(document.RootElement, schema);
        TArguments read;
        try
        {
            read = arguments.Deserialize(type) ?? throw new JsonException("The arguments are null.");
        }
        catch (Exception misfit) when (misfit is JsonException or NotSupportedException)
        {
            // The serializer's own words name .NET types, of which the model knows nothing.
            string place = misfit is JsonException { Path: { } path and not "$" } ? $" at {path}" : "";
            throw new JsonException($"The arguments do not fit{place}: they must be {schema.GetRawText()}.", misfit);
        }

        ArgumentCheck.ThrowIfUnfit(arguments, schema);
        return read;
    }

    /// <exception cref="JsonException">The schema surely forbids them.</exception>
    public static void ThrowIfForbidden(ToolCall call, JsonElement? parameters)
    {
        if (parameters is not { } schema)
            return;

        using JsonDocument document = JsonDocument.Parse(call.Arguments, JsonText.Parsing);
        if (SchemaCheck.Misfit(schema, FittedArguments.Of(document.RootElement, schema), enumsInAnyCase: true) is { } misfit)
            throw new JsonException($"The arguments do not fit: {misfit}. They must be {schema.GetRawText()}.");
    }
}
