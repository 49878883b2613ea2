using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The route <c>/v1/responses</c>: a conversation as items, and what an older version refuses of it, as recorded.</summary>
internal sealed class ResponseRoute(FakeVllmOptions options, ServedModels models, Refusals refusals) : IGeneratingRoute
{
    private const int FirstWithResponses = 10;

    public IEnumerable<string> Offered =>
        options.Kinds.HasFlag(ModelKinds.Generates) && options.Profile.Minor >= FirstWithResponses ? ["/v1/responses"] : [];

    public GeneratingCall Read(ReceivedRequest request, string id, long created)
    {
        if (refusals.OfBody(request) is { } unreadable)
            return new(unreadable, null);

        JsonObject body = request.Json as JsonObject ?? [];
        JsonArray tools = body.At("tools") as JsonArray ?? [];
        if (models.RefuseUnknown(body, refusals) is { } unknown)
            return new(unknown, null);
        if (body.At("background").Flag() is true)
            return new(refusals.Refuse("This vLLM engine does not support `store=True` and therefore does not support the background mode. To enable these features, set the environment variable `VLLM_ENABLE_RESPONSES_API_STORE=1` when launching the vLLM server.", "invalid_request_error"), null);
        if (tools.Count > 0 && !options.Profile.NamesParameters)
            return new(refusals.Refuse("Tool use is not supported in Responses API without Harmony None", "BadRequestError"), null);

        int prompt = Tokenizer.Count(string.Join(' ', Texts(body.At("input"))));
        int room = Math.Max(0, options.ContextWindow - prompt);
        return new(null, new FakeCall
        {
            Shape = FakeShape.Response,
            Id = "resp_" + (request.Headers.GetValueOrDefault("X-Request-Id") ?? body.At("request_id").Text() ?? id),
            Created = created,
            Model = models.NameFor(body),
            Stream = body.At("stream").Flag() ?? false,
            IncludesUsage = true,
            GrantedTokens = Math.Min(body.At("max_output_tokens").Count() ?? room, room),
            PromptTokens = prompt,
            Stops = FakeCall.StopsOf(body),
            IgnoresEnd = body.At("ignore_eos").Flag() ?? false,
            Tools = tools,
            ToolChoice = body.At("tool_choice").Text() ?? (tools.Count > 0 ? "auto" : "none"),
        });
    }

    private static IEnumerable<string> Texts(JsonNode? input) => input switch
    {
        JsonArray items => items.SelectMany(item => Texts(item.At("content") ?? item.At("output") ?? item.At("arguments") ?? item.At("text"))),
        _ => input.Text() is { } text ? [text] : [],
    };
}
