using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes a <see cref="MessageRequest"/> as the body of <c>POST /v1/messages</c>.</summary>
internal static class MessageRequestBody
{
    private static readonly NumberRange[] Ranges =
    [
        NumberRange.Whole("max_tokens", "MaxTokens", "a whole number, 1 or more", 1),
        new NumberRange("temperature", "Temperature", "0 or more", 0, decimal.MaxValue),
    ];

    /// <returns>The finished body, checked. It is to be disposed.</returns>
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member.</exception>
    public static RequestBody Build(MessageRequest request, string? defaultModel)
    {
        byte[] utf8 = RequestJson.ToUtf8((request, defaultModel), ChatRequestBodyMessages.TextIn(request.Messages), static (json, from) => Write(json, from.request, from.defaultModel));
        var body = new RequestBody(utf8);
        RequestCheck.Check(body.Json, request.SendUnchecked, FaultOf);
        return body;
    }

    private static void Write(Utf8JsonWriter json, MessageRequest request, string? defaultModel)
    {
        var body = new BodyWriter(json, request.Extra, leavesTextFormatOut: !request.SendUnchecked);
        json.WriteStartObject();
        body.Put("model", request.Model ?? defaultModel);
        PutMessages(body, request);
        body.Put("max_tokens", request.MaxTokens);
        if (request.Stream)
            body.Put("stream", true);
        body.Put("temperature", request.Temperature);
        body.Put("top_p", request.TopP);
        body.Put("top_k", request.TopK);
        body.Put("stop_sequences", request.StopSequences);
        PutTools(body, request);
        ChatRequestBody.WriteOwn(body, request.Extra, request.Stream);
        json.WriteEndObject();
    }

    private static string? FaultOf(JsonElement body) =>
        NumberRange.FirstFault(body, Ranges)
        ?? (body.At("model"u8) is null ? "Model (model) must be named here, or as VllmAdapterOptions.Model" : null);

    private static void PutMessages(BodyWriter body, MessageRequest request)
    {
        using JsonDocument chat = ChatRequestBodyMessages.Parse(request.Messages);
        JsonElement[] messages = [.. chat.RootElement.EnumerateArray()];
        JsonElement[] system = [.. messages.Where(IsOfTheSystem)];
        if (system.Length > 0 && body.Begin("system"))
            WriteSystem(body.Json, system);

        if (system.Length < messages.Length)
        {
            if (body.Begin("messages"))
                MessageBlocks.Write(body.Json, messages.Where(static message => !IsOfTheSystem(message)));
        }
        else if (request.Extra?.ContainsKey("messages") is not true)
        {
            throw RequestRefusal.Because("Messages holds none that is not the system's. Add at least one, such as VllmMessage.User(\"Hello\").");
        }
    }

    private static bool IsOfTheSystem(JsonElement message) => message.At("role"u8) is var role && (role.Says("system"u8) || role.Says("developer"u8));

    private static void WriteSystem(Utf8JsonWriter json, JsonElement[] system)
    {
        if (system.Length == 1)
        {
            system[0].GetProperty("content"u8).WriteTo(json);
            return;
        }

        json.WriteStartArray();
        foreach (JsonElement message in system)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WritePropertyName("text"u8);
            message.GetProperty("content"u8).WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void PutTools(BodyWriter body, MessageRequest request)
    {
        if (request.Tools.Count > 0 && body.Begin("tools"))
        {
            body.Json.WriteStartArray();
            foreach (ToolDefinition tool in request.Tools)
                Write(body.Json, tool);

            body.Json.WriteEndArray();
        }

        if (request.ToolChoice is not { Value.Length: > 0 } choice || !body.Begin("tool_choice"))
            return;

        body.Json.WriteStartObject();
        if (choice.Function is { } function)
        {
            body.Json.WriteString("type"u8, "tool"u8);
            body.Json.WriteString("name"u8, function);
        }
        else
        {
            body.Json.WriteString("type"u8, choice == ToolChoice.Required ? "any" : choice.Value);
        }

        body.Json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ToolDefinition tool)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, tool.Name);
        if (tool.Description is { } description)
            json.WriteText("description", description);
        ToolsBody.WriteParametersOrNone(json, "input_schema", tool);
        json.WriteEndObject();
    }
}
