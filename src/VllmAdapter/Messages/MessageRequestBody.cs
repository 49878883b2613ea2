using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a <see cref="MessageRequest"/> as the body of <c>POST /v1/messages</c>.</summary>
internal static class MessageRequestBody
{
    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_tokens", "MaxTokens", "a whole number, 1 or more", 1),
        new NumberRange("temperature", "Temperature", "0 or more", 0, decimal.MaxValue),
    ];

    public static JsonObject Build(MessageRequest request, string? defaultModel)
    {
        var body = new JsonObject();
        body.Put("model", request.Model ?? defaultModel);
        PutMessages(body, request);
        body["max_tokens"] = request.MaxTokens;
        if (request.Stream)
            body["stream"] = true;
        body.Put("temperature", request.Temperature);
        body.Put("top_p", request.TopP);
        body.Put("top_k", request.TopK);
        body.Put("stop_sequences", request.StopSequences);
        PutTools(body, request);
        ChatRequestBody.Merge(body, request.Extra, request.Stream);
        RequestCheck.Check(body, request.SendUnchecked, FaultOf);
        return body;
    }

    private static string? FaultOf(JsonObject body) =>
        Ranges.Select(range => range.FaultOf(body)).FirstOrDefault(fault => fault is not null)
        ?? (body["model"] is null ? "Model (model) must be named here, or as VllmAdapterOptions.Model" : null);

    private static void PutMessages(JsonObject body, MessageRequest request)
    {
        JsonObject[] written = [.. ChatRequestBodyMessages.Write(request.Messages).OfType<JsonObject>()];
        JsonArray system = new([.. written.Where(IsOfTheSystem).Select(message => (JsonNode)new JsonObject { ["type"] = "text", ["text"] = message["content"]?.DeepClone() })]);
        if (system.Count > 0)
            body["system"] = system.Count == 1 ? system[0]!["text"]!.DeepClone() : system;

        JsonArray messages = MessageBlocks.Write(written.Where(message => !IsOfTheSystem(message)));
        if (messages.Count > 0)
            body["messages"] = messages;
        else if (request.Extra?.ContainsKey("messages") is not true)
            throw RequestRefusal.Because("Messages holds none that is not the system's. Add at least one, such as VllmMessage.User(\"Hello\").");
    }

    private static bool IsOfTheSystem(JsonObject message) => message["role"]!.GetValue<string>() is "system" or "developer";

    private static void PutTools(JsonObject body, MessageRequest request)
    {
        if (request.Tools.Count > 0)
            body["tools"] = new JsonArray([.. request.Tools.Select(Tool)]);
        if (request.ToolChoice is { Value.Length: > 0 } choice)
        {
            body["tool_choice"] = choice.Function is { } function
                ? new JsonObject { ["type"] = "tool", ["name"] = function }
                : new JsonObject { ["type"] = choice == ToolChoice.Required ? "any" : choice.Value };
        }
    }

    private static JsonNode Tool(ToolDefinition tool)
    {
        var json = new JsonObject { ["name"] = tool.Name };
        json.Put("description", tool.Description);
        json["input_schema"] = tool.Parameters is { } parameters
            ? JsonObject.Create(JsonSchemaText.ObjectOnly(parameters, $"Parameters of tool '{tool.Name}'"))
            : new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() };
        return json;
    }
}
