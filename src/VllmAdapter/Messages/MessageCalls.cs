using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Asks <c>/v1/messages</c>.</summary>
internal sealed class MessageCalls(CallSetup setup)
{
    public ChatStream Stream(MessageRequest request, CancellationToken cancellationToken)
    {
        ChatCall call = CallOf(request);
        return new ChatStream(enumeratorsToken => new StreamPump(call, cancellationToken, enumeratorsToken));
    }

    /// <summary>What was asked for, as of the chat that asks the same.</summary>
    public static RequestEvidence EvidenceOf(JsonObject body, int? contextWindow, int? serverMaxTokens)
    {
        var chat = new JsonObject
        {
            ["max_tokens"] = body["max_tokens"]?.DeepClone(),
            ["tool_choice"] = body["tool_choice"]?["type"]?.ToString() is "any" or "tool" ? "required" : "auto",
            ["tools"] = body["tools"] is JsonArray tools ? new JsonArray([.. tools.OfType<JsonObject>().Select(Tool)]) : null,
        };
        return RequestEvidenceReading.Of(RequestJson.ToUtf8(chat), contextWindow, serverMaxTokens);
    }

    private ChatCall CallOf(MessageRequest request)
    {
        request.Headers?.ThrowIfUnusable();
        JsonObject json = MessageRequestBody.Build(request, setup.Options.Model);
        byte[] body = ChatRequestBody.ToUtf8(json);
        string? model = ChatRequestBody.ModelOf(json);
        return setup.NewCall(body, EvidenceOf(json, setup.WindowOf(model), setup.Options.ServerMaxTokens), model, new CallWishes(VllmEndpoint.Messages, "chat")
        {
            IsWhole = !request.Stream,
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }

    private static JsonNode Tool(JsonObject tool) => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = tool["name"]?.DeepClone(), ["parameters"] = tool["input_schema"]?.DeepClone() },
    };
}
