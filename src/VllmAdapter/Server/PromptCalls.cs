using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>Asks what a prompt is made of: its tokens, and what the engine would receive.</summary>
internal static class PromptCalls
{
    public static Task<TokenizeResult> TokenizeAsync(ServerState server, string text, TokenizeOptions? options, CancellationToken cancellationToken)
    {
        string? model = options?.Model ?? server.Options.Model;
        var body = new TokenizeTextJson(model, text, options?.AddSpecialTokens, options?.WithTexts is true ? true : null);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, ServerJsonContext.Default.TokenizeTextJson);
        return TokenizeAsync(server, Post(server, VllmEndpoint.Tokenize, json) with { Model = model }, cancellationToken);
    }

    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static Task<TokenizeResult> TokenizeAsync(ServerState server, ChatRequest request, bool withTexts, CancellationToken cancellationToken)
    {
        using RequestBody chat = BodyOf(server, request);
        ServerQuestion question = Post(server, VllmEndpoint.Tokenize, TokenizeBody.For(chat, withTexts)) with
        {
            Model = chat.Model,
            Headers = request.Headers,
        };
        return TokenizeAsync(server, question, cancellationToken);
    }

    public static async Task<string> DetokenizeAsync(ServerState server, IReadOnlyList<int> tokenIds, string? model, CancellationToken cancellationToken)
    {
        var body = new DetokenizeJson(model ?? server.Options.Model, tokenIds);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, ServerJsonContext.Default.DetokenizeJson);
        DetokenizedJson answer = await server.Calls.AskAsync(
            Post(server, VllmEndpoint.Detokenize, json) with { Model = body.Model, Expected = "a text made of tokens" },
            ServerJsonContext.Default.DetokenizedJson,
            cancellationToken).ConfigureAwait(false);
        return answer.Prompt ?? "";
    }

    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static Task<RenderedPrompt> RenderAsync(ServerState server, ChatRequest request, CancellationToken cancellationToken)
    {
        using RequestBody chat = BodyOf(server, request);
        ServerQuestion question = Post(server, VllmEndpoint.Render, TokenizeBody.WithoutStream(chat)) with
        {
            Model = chat.Model,
            Headers = request.Headers,
            MayBeSwitchedOff = true,
            Expected = "a rendered prompt",
        };
        return server.Calls.AskAsync(question, RenderedPromptReader.Read, cancellationToken);
    }

    /// <summary>The model that answers a request.</summary>
    public static string? ModelOf(ServerState server, ChatRequest request)
    {
        using RequestBody chat = BodyOf(server, request);
        return chat.Model;
    }

    private static RequestBody BodyOf(ServerState server, ChatRequest request) =>
        ChatRequestBody.Build(request, server.Options.Model, server.Options.UsageReporting);

    private static async Task<TokenizeResult> TokenizeAsync(ServerState server, ServerQuestion question, CancellationToken cancellationToken)
    {
        TokenizeResult tokens = await server.Calls
            .AskAsync(question with { Expected = "a list of tokens" }, TokenizeReader.Read, cancellationToken).ConfigureAwait(false);
        server.Windows.Learn(question.Model, tokens.ContextWindow);
        return tokens;
    }

    private static ServerQuestion Post(ServerState server, string path, byte[] json) =>
        new(HttpMethod.Post, path) { JsonBody = json, Limit = server.Options.TimeLimits.ServerCall };
}
