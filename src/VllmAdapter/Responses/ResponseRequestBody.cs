using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a <see cref="ResponseRequest"/> as the body of <c>POST /v1/responses</c>.</summary>
internal static class ResponseRequestBody
{
    public static JsonObject Build(ResponseRequest request, string? defaultModel)
    {
        var body = new JsonObject();
        body.Put("model", request.Model ?? defaultModel);
        PutInput(body, request);
        body.Put("instructions", request.Instructions);
        body.Put("max_output_tokens", request.MaxOutputTokens);
        if (request.Stream)
            body["stream"] = true;
        ChatRequestBody.PutSampling(body, request.Sampling);
        PutTools(body, request);
        PutOutput(body, request.Output);
        if (request.ReasoningEffort is { Value.Length: > 0 } effort)
            body["reasoning"] = new JsonObject { ["effort"] = effort.Value };
        if (request.TopLogprobs is { } most)
            (body["include"], body["top_logprobs"]) = (new JsonArray("message.output_text.logprobs"), most);
        body.Put("previous_response_id", request.PreviousResponseId);
        body.Put("store", request.Store);
        ChatRequestBody.PutServing(body, request.Serving);
        body.Put("user", request.User);
        ChatRequestBody.Merge(body, request.Extra, request.Stream);
        RequestCheck.Check(body, request.SendUnchecked, ResponseRules.FaultOf);
        return body;
    }

    private static void PutInput(JsonObject body, ResponseRequest request)
    {
        if (request.Input.Count == 0)
        {
            if (request.Extra?.ContainsKey("input") is true)
                return;

            throw RequestRefusal.Because("Input is empty. Add at least one message, such as VllmMessage.User(\"Hello\").");
        }

        body["input"] = ResponseItems.Write(request.Input);
    }

    // Here a tool is flat, and a named one is named beside its type.
    private static void PutTools(JsonObject body, ResponseRequest request)
    {
        if (request.Tools.Count > 0)
            body["tools"] = new JsonArray([.. request.Tools.Select(Tool)]);
        if (request.ToolChoice is { Value.Length: > 0 } choice)
            body["tool_choice"] = choice.Function is { } function ? new JsonObject { ["type"] = "function", ["name"] = function } : choice.Value;
        body.Put("parallel_tool_calls", request.ParallelToolCalls);
    }

    private static JsonNode Tool(ToolDefinition tool)
    {
        var json = new JsonObject { ["type"] = "function", ["name"] = tool.Name };
        json.Put("description", tool.Description);

        // vLLM's type of a tool has no default for them.
        json["parameters"] = tool.Parameters is { } parameters
            ? JsonObject.Create(JsonSchemaText.ObjectOnly(parameters, $"Parameters of tool '{tool.Name}'"))
            : new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() };
        json.Put("strict", tool.Strict);
        return json;
    }

    // vLLM refuses structured_outputs beside text.format, and knows no response_format here.
    private static void PutOutput(JsonObject body, StructuredOutput? output)
    {
        if (output is null)
            return;

        var asked = new JsonObject();
        output.WriteTo(asked);
        foreach (var (name, value) in asked)
        {
            if (name != "response_format")
                body[name] = value?.DeepClone();
            else if (value is JsonObject format)
                body["text"] = new JsonObject { ["format"] = Flat(format) };
        }
    }

    private static JsonObject Flat(JsonObject format)
    {
        var flat = new JsonObject { ["type"] = format["type"]?.DeepClone() };
        foreach (var (name, value) in format["json_schema"] as JsonObject ?? [])
            flat[name] = value?.DeepClone();

        return flat;
    }
}
