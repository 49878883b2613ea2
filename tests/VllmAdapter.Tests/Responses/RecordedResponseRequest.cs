using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Responses;

/// <summary>Says in the typed API what a recorded body of <c>/v1/responses</c> says; what it cannot say goes through <see cref="ResponseRequest.Extra"/>.</summary>
internal static class RecordedResponseRequest
{
    public static ResponseRequest FromBody(JsonObject body)
    {
        ResponseRequest typed = Typed(body);
        JsonObject rest = body.Besides(Build(typed));
        if (body.Bool("stream") is false)
            rest.Remove("stream");

        return rest.Count == 0 ? typed : typed with { Extra = rest };
    }

    public static JsonObject Build(ResponseRequest request) =>
        JsonNode.Parse(ResponseRequestBody.Build(request, null).Utf8)!.AsObject();

    private static ResponseRequest Typed(JsonObject body) => new()
    {
        Model = body.Text("model"),
        Input = [VllmMessage.User(body.Text("input")!)],
        MaxOutputTokens = body.Int("max_output_tokens"),
        Sampling = RecordedRequest.Sampling(body),
        Output = RecordedOutput.From(body),
        Tools = [.. (body["tools"] as JsonArray ?? []).OfType<JsonObject>().Select(tool => new ToolDefinition(tool.Text("name")!, tool.Text("description"), tool["parameters"]!))],
        Stream = body.Bool("stream") is true,
        SendUnchecked = true,
    };
}
