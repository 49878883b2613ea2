using System.Text.Json;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Completions;

/// <summary>Says in the typed API what a recorded body of plain completions says; what it cannot say goes through <see cref="TextRequest.Extra"/>.</summary>
internal static class RecordedTextRequest
{
    public static TextRequest FromBody(JsonObject body)
    {
        TextRequest typed = Typed(body);
        JsonObject built = Build(typed with { Extra = new() { ["prompt"] = "only to be buildable" } });
        built.Remove("prompt");
        if (typed.Prompts.Count > 0)
            built["prompt"] = Build(typed)["prompt"]?.DeepClone();

        JsonObject rest = body.Besides(built);
        return rest.Count == 0 ? typed : typed with { Extra = rest };
    }

    public static JsonObject Build(TextRequest request) =>
        JsonNode.Parse(TextRequestBody.Build(request, null, UsageReporting.None).Utf8)!.AsObject();

    private static TextRequest Typed(JsonObject body) => new()
    {
        Model = body.Text("model"),
        Prompts = Prompts(body["prompt"]),
        MaxTokens = body.Int("max_tokens"),
        ChoiceCount = body.Int("n"),
        Sampling = RecordedRequest.Sampling(body),
        Output = RecordedOutput.From(body),
        Echo = body.Bool("echo") is true,
        Suffix = body.Text("suffix"),
        Logprobs = body.Int("logprobs") is { } top ? new() { TopLogprobs = top } : null,
        Serving = new() { ReturnTokenIds = body.Bool("return_token_ids") },
        Stream = body.Bool("stream") is true,
        UsageReporting = body.Object("stream_options") switch
        {
            null => UsageReporting.None,
            var options when options.Bool("continuous_usage_stats") is true => UsageReporting.Continuous,
            _ => UsageReporting.Final,
        },
        SendUnchecked = true,
    };

    private static TextPrompt[] Prompts(JsonNode? prompt) => prompt switch
    {
        JsonArray { Count: > 0 } tokens when tokens[0]!.GetValueKind() == JsonValueKind.Number => [Tokens(tokens)],
        JsonArray several => [.. several.Select(one => one is JsonArray tokens ? Tokens(tokens) : TextPrompt.FromText(one!.GetValue<string>()))],
        JsonValue text => [TextPrompt.FromText(text.GetValue<string>())],
        _ => [],
    };

    private static TextPrompt Tokens(JsonArray ids) => TextPrompt.FromTokens([.. ids.Select(id => id!.GetValue<int>())]);
}
