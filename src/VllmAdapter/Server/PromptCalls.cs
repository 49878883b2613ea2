using System.Text.Json;
using System.Text.Json.Nodes;

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
        JsonObject body = TokenizeBody.For(BodyOf(server, request), withTexts);
        ServerQuestion question = Post(server, VllmEndpoint.Tokenize, ChatRequestBody.ToUtf8(body)) with
        {
            Model = ChatRequestBody.ModelOf(body),
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
    public static async Task<RenderedPrompt> RenderAsync(ServerState server, ChatRequest request, CancellationToken cancellationToken)
    {
        JsonObject body = BodyOf(server, request);
        ServerQuestion question = Post(server, VllmEndpoint.Render, ChatRequestBody.ToUtf8(body)) with
        {
            Model = ChatRequestBody.ModelOf(body),
            Headers = request.Headers,
            MayBeSwitchedOff = true,
            Expected = "a rendered prompt",
        };
        return await server.Calls.AskAsync(question, RenderedPromptReader.Read, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The body of a request without how its reply is sent, which has no part in the prompt.</summary>
    public static JsonObject BodyOf(ServerState server, ChatRequest request)
    {
        JsonObject body = ChatRequestBody.Build(request, server.Options.Model, server.Options.UsageReporting);
        body.Remove("stream");
        body.Remove("stream_options");
        return body;
    }

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
