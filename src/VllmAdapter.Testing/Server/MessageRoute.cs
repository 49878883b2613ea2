using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The route <c>/v1/messages</c>, which turns its blocks into a chat.</summary>
internal sealed class MessageRoute(FakeVllmOptions options, ServedModels models, Refusals refusals) : IGeneratingRoute
{
    // 0.11.0 lacks it.
    private const int FirstWithMessages = 12;

    public IEnumerable<string> Offered =>
        options.Kinds.HasFlag(ModelKinds.Generates) && options.Profile.Minor >= FirstWithMessages ? ["/v1/messages"] : [];

    public GeneratingCall Read(ReceivedRequest request, string id, long created)
    {
        if (refusals.OfBody(request) is { } unreadable)
            return new(unreadable, null);

        JsonObject body = request.Json as JsonObject ?? [];
        if (!models.Knows(body))
            return new(Refuse(404, new ServerFault($"The model `{models.NameFor(body)}` does not exist.", "NotFoundError", 404)), null);

        int prompt = Tokenizer.Count(string.Join(' ', Texts(body.At("system")).Concat(body.At("messages").Items().SelectMany(message => Texts(message.At("content"))))));
        int room = Math.Max(0, options.ContextWindow - prompt);
        JsonArray tools = [.. body.At("tools").Items().Select(Tool)];
        return new(null, new FakeCall
        {
            Shape = FakeShape.Message,
            Id = "chatcmpl-" + (request.Headers.GetValueOrDefault("X-Request-Id") ?? id),
            Created = created,
            Model = models.NameFor(body),
            Stream = body.At("stream").Flag() ?? false,
            IncludesUsage = true,
            GrantedTokens = Math.Min(body.At("max_tokens").Count() ?? room, room),
            PromptTokens = prompt,
            Stops = [.. body.At("stop_sequences").Items().Select(stop => stop.Text()).OfType<string>()],
            Tools = tools,
            ToolChoice = body.At("tool_choice").At("type").Text() switch
            {
                "any" => "required",
                "tool" => null,
                "none" => "none",
                _ => tools.Count > 0 ? "auto" : "none",
            },
            NamedTool = body.At("tool_choice").At("name").Text(),
        });
    }

    private WireReply Refuse(int status, ServerFault fault) => ReplyRendering.Json(MessageWriter.Error(fault), options.Profile, status);

    private static JsonNode Tool(JsonNode? tool) => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = tool.At("name")?.DeepClone(), ["parameters"] = tool.At("input_schema")?.DeepClone() },
    };

    private static IEnumerable<string> Texts(JsonNode? content) => content switch
    {
        JsonArray blocks => blocks.SelectMany(block => Texts(block.At("text") ?? block.At("content") ?? block.At("thinking"))),
        _ => content.Text() is { } text ? [text] : [],
    };
}
