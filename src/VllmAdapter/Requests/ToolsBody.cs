using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes the tools of a chat, and which of them is to be called.</summary>
internal static class ToolsBody
{
    public static void Put(BodyWriter body, ChatRequest request)
    {
        if (request.Tools.Count > 0 && body.Begin("tools"))
        {
            body.Json.WriteStartArray();
            for (int i = 0; i < request.Tools.Count; i++)
                Write(body.Json, request.Tools[i]);

            body.Json.WriteEndArray();
        }

        PutChoice(body, request.ToolChoice);
        body.Put("parallel_tool_calls", request.ParallelToolCalls);
    }

    /// <summary>Writes the schema of a tool's arguments; that of no arguments if it has none, for routes where vLLM's type of a tool has no default for it.</summary>
    /// <exception cref="ArgumentException">It is no JSON object.</exception>
    public static void WriteParametersOrNone(Utf8JsonWriter json, string name, ToolDefinition tool)
    {
        json.WritePropertyName(name);
        if (tool.Parameters is { } parameters)
        {
            WriteParameters(json, tool, parameters);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        json.WriteStartObject("properties"u8);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ToolDefinition tool)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, tool.Name);
        if (tool.Description is { } description)
            json.WriteText("description", description);
        if (tool.Parameters is { } parameters)
        {
            json.WritePropertyName("parameters"u8);
            WriteParameters(json, tool, parameters);
        }

        if (tool.Strict is { } strict)
            json.WriteBoolean("strict"u8, strict);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, ToolDefinition tool, JsonElement parameters) =>
        JsonSchemaText.ObjectOnly(parameters, $"Parameters of tool '{tool.Name}'").WriteTo(json);

    /// <summary>Writes a choice that is a word.</summary>
    /// <returns>The function that the choice names, of which each route makes an object of its own; null if nothing is left to write.</returns>
    public static string? BeginChoice(BodyWriter body, ToolChoice? choice)
    {
        if (choice is not { Value: { Length: > 0 } word } || !body.Begin("tool_choice"))
            return null;

        if (choice.Value.Function is { } function)
            return function;

        body.Json.WriteStringValue(word);
        return null;
    }

    private static void PutChoice(BodyWriter body, ToolChoice? choice)
    {
        if (BeginChoice(body, choice) is not { } function)
            return;

        body.Json.WriteStartObject();
        body.Json.WriteString("type"u8, "function"u8);
        body.Json.WriteStartObject("function"u8);
        body.Json.WriteString("name"u8, function);
        body.Json.WriteEndObject();
        body.Json.WriteEndObject();
    }
}
