using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes a <see cref="ResponseRequest"/> as the body of <c>POST /v1/responses</c>.</summary>
internal static class ResponseRequestBody
{
    /// <returns>The finished body, checked. It is to be disposed.</returns>
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member.</exception>
    public static RequestBody Build(ResponseRequest request, string? defaultModel)
    {
        byte[] utf8 = RequestJson.ToUtf8((request, defaultModel), ChatRequestBodyMessages.TextIn(request.Input), static (json, from) => Write(json, from.request, from.defaultModel));
        var body = new RequestBody(utf8);
        RequestCheck.Check(body.Json, request.SendUnchecked, ResponseRules.FaultOf);
        return body;
    }

    private static void Write(Utf8JsonWriter json, ResponseRequest request, string? defaultModel)
    {
        var body = new BodyWriter(json, request.Extra, leavesTextFormatOut: !request.SendUnchecked);
        json.WriteStartObject();
        body.Put("model", request.Model ?? defaultModel);
        PutInput(body, request);
        body.Put("instructions", request.Instructions);
        body.Put("max_output_tokens", request.MaxOutputTokens);
        if (request.Stream)
            body.Put("stream", true);
        ChatRequestBody.PutSampling(body, request.Sampling);
        PutTools(body, request);
        PutOutput(body, request.Output);
        PutEffort(body, request.ReasoningEffort);
        if (request.TopLogprobs is { } most)
        {
            body.Put("include", ["message.output_text.logprobs"]);
            body.Put("top_logprobs", most);
        }

        body.Put("previous_response_id", request.PreviousResponseId);
        body.Put("store", request.Store);
        ChatRequestBody.PutServing(body, request.Serving);
        body.Put("user", request.User);
        ChatRequestBody.WriteOwn(body, request.Extra, request.Stream);
        json.WriteEndObject();
    }

    private static void PutInput(BodyWriter body, ResponseRequest request)
    {
        if (request.Input.Count == 0)
        {
            if (request.Extra?.ContainsKey("input") is true)
                return;

            throw RequestRefusal.Because("Input is empty. Add at least one message, such as VllmMessage.User(\"Hello\").");
        }

        if (body.Begin("input"))
            ResponseItems.Write(body.Json, request.Input);
    }

    private static void PutEffort(BodyWriter body, ReasoningLevel? effort)
    {
        if (effort is not { Value: { Length: > 0 } word } || !body.Begin("reasoning"))
            return;

        body.Json.WriteStartObject();
        body.Json.WriteString("effort"u8, word);
        body.Json.WriteEndObject();
    }

    // Here a tool is flat, and a named one is named beside its type.
    private static void PutTools(BodyWriter body, ResponseRequest request)
    {
        if (request.Tools.Count > 0 && body.Begin("tools"))
        {
            body.Json.WriteStartArray();
            foreach (ToolDefinition tool in request.Tools)
                Write(body.Json, tool);

            body.Json.WriteEndArray();
        }

        PutChoice(body, request.ToolChoice);
        body.Put("parallel_tool_calls", request.ParallelToolCalls);
    }

    private static void PutChoice(BodyWriter body, ToolChoice? choice)
    {
        if (ToolsBody.BeginChoice(body, choice) is not { } function)
            return;

        body.Json.WriteStartObject();
        body.Json.WriteString("type"u8, "function"u8);
        body.Json.WriteString("name"u8, function);
        body.Json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ToolDefinition tool)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteString("name"u8, tool.Name);
        if (tool.Description is { } description)
            json.WriteText("description", description);
        ToolsBody.WriteParametersOrNone(json, "parameters", tool);
        if (tool.Strict is { } strict)
            json.WriteBoolean("strict"u8, strict);
        json.WriteEndObject();
    }

    // vLLM refuses structured_outputs beside text.format, and knows no response_format here.
    private static void PutOutput(BodyWriter body, StructuredOutput? output)
    {
        if (output is null)
            return;

        using var asked = new RequestBody(RequestJson.ToUtf8(output, 0, StructuredOutputJson.Send));
        foreach (JsonProperty field in asked.Json.EnumerateObject())
        {
            if (field.NameEquals("response_format"u8))
                PutFormat(body, field.Value);
            else if (body.Begin(field.Name))
                field.Value.WriteTo(body.Json);
        }
    }

    private static void PutFormat(BodyWriter body, JsonElement format)
    {
        if (!body.Begin("text"))
            return;

        body.Json.WriteStartObject();
        body.Json.WriteStartObject("format"u8);
        body.Json.WriteString("type"u8, format.TextAt("type"u8));
        if (format.ObjectAt("json_schema"u8) is { } schema)
        {
            foreach (JsonProperty field in schema.EnumerateObject())
                field.WriteTo(body.Json);
        }

        body.Json.WriteEndObject();
        body.Json.WriteEndObject();
    }
}
