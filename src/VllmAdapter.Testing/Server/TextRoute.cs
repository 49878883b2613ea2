using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The route of plain completions: several prompts, echo, probabilities, and what each version refuses, as recorded.</summary>
internal sealed class TextRoute(FakeVllmOptions options, ServedModels models, Refusals refusals, Tokenizer tokenizer) : IGeneratingRoute
{
    private const int DefaultMaxTokens = 16;

    private readonly TextRefusals _refusals = new(options, refusals);

    public IEnumerable<string> Offered => options.Kinds.HasFlag(ModelKinds.Generates) ? ["/v1/completions"] : [];

    public GeneratingCall Read(ReceivedRequest request, string id, long created)
    {
        if (refusals.OfBody(request) is { } unreadable)
            return new(unreadable, null);

        JsonObject body = request.Json as JsonObject ?? [];
        if (_refusals.OfPrompt(body) is { } refusal)
            return new(refusal, null);
        if (models.RefuseUnknown(body, refusals) is { } unknown)
            return new(unknown, null);

        FakePrompt[] prompts = [.. Prompts(body)];
        if (_refusals.OfFields(body, prompts) is { } refused)
            return new(refused, null);

        return new(null, CallOf(request, body, prompts, id, created), _refusals.InEngine(body, prompts));
    }

    private FakeCall CallOf(ReceivedRequest request, JsonObject body, FakePrompt[] prompts, string id, long created)
    {
        VllmProfile profile = options.Profile;
        JsonNode? usage = body.At("stream_options");
        int perPrompt = Math.Max(1, body.At("n").Count() ?? 1);
        bool echoes = body.At("echo").Flag() ?? false;
        int room = Math.Max(0, options.ContextWindow - prompts.Max(prompt => prompt.Tokens));
        int asked = body.At("max_tokens").Count() ?? DefaultMaxTokens;
        return new FakeCall
        {
            Shape = FakeShape.Text,
            Id = "cmpl-" + (request.Headers.GetValueOrDefault("X-Request-Id") ?? body.At("request_id").Text() ?? id),
            Created = created,
            Model = models.NameFor(body),
            Stream = body.At("stream").Flag() ?? false,
            IncludesUsage = usage is not null && (usage.At("include_usage").Flag() ?? profile.CountsByDefault),
            CountsEveryChunk = usage.At("continuous_usage_stats").Flag() ?? false,
            Choices = prompts.Length * perPrompt,
            Prompts = prompts,
            Echoes = echoes,
            GrantedTokens = Math.Min(asked, room),
            CountsAtLeast = echoes && asked == 0 ? 1 : 0,
            PromptTokens = prompts.Sum(prompt => prompt.Tokens),
            Stops = FakeCall.StopsOf(body),
            IncludesStop = body.At("include_stop_str_in_output").Flag() ?? false,
            IgnoresEnd = body.At("ignore_eos").Flag() ?? false,
            HasLogprobs = body.At("logprobs").Count() is not null,
            TopLogprobs = Math.Max(0, body.At("logprobs").Count() ?? 0),
            ToolChoice = "none",
        };
    }

    private IEnumerable<FakePrompt> Prompts(JsonObject body) => body.At("prompt") switch
    {
        JsonArray { Count: > 0 } tokens when tokens[0]?.GetValueKind() == JsonValueKind.Number => [PromptOf(tokens)],
        JsonArray several => several.Select(PromptOf),
        var one => [PromptOf(one)],
    };

    private FakePrompt PromptOf(JsonNode? prompt)
    {
        if (prompt is not JsonArray ids)
            return new FakePrompt(prompt.Text() ?? "", Tokenizer.Count(prompt.Text() ?? ""), []);

        int[] tokens = [.. ids.Select(LooseJson.Count).OfType<int>()];
        return new FakePrompt(tokenizer.Decode(tokens), tokens.Length, tokens);
    }
}

/// <summary>A prompt of plain completions: its text, how many tokens it has, and their ids if it was given by them.</summary>
internal sealed record FakePrompt(string Text, int Tokens, IReadOnlyList<int> Ids);
