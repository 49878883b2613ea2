using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes requests to rerank and to score.</summary>
internal static class RankingBody
{
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member and its range.</exception>
    public static JsonObject Of(RerankRequest request, string? defaultModel)
    {
        if (request.Query is null)
            throw RequestRefusal.Because("Query is null. An empty text is a query, null is none.");

        ThrowIfUnusable(nameof(request.Documents), request.Documents);
        if (request.TopN < 1)
            throw RequestRefusal.Because($"TopN (top_n) must be 1 or more, or null for all, but is {request.TopN}.");

        JsonObject body = PoolingBody.Begin(request, defaultModel, "query", "documents", "top_n");
        body["query"] = request.Query;
        body.Put("documents", request.Documents);
        body.Put("top_n", request.TopN);
        PutLimits(body, request.MaxTokensPerQuery, request.MaxTokensPerDocument, request.Instruction);
        return PoolingBody.End(body, request);
    }

    /// <inheritdoc cref="Of(RerankRequest, string?)"/>
    public static JsonObject Of(ScoreRequest request, string? defaultModel)
    {
        ThrowIfUnusable(nameof(request.Queries), request.Queries);
        ThrowIfUnusable(nameof(request.Documents), request.Documents);
        if (request.Queries.Count != 1 && request.Queries.Count != request.Documents.Count)
        {
            throw RequestRefusal.Because(
                $"Queries must be one, or as many as Documents, but they are {request.Queries.Count} and {request.Documents.Count}. vLLM scores 1:1, 1:N and N:N only.");
        }

        JsonObject body = PoolingBody.Begin(
            request, defaultModel, "text_1", "text_2", "queries", "documents", "items", "data_1", "data_2");

        // The one spelling that every version takes.
        if (request.Queries.Count == 1)
            body["text_1"] = request.Queries[0];
        else
            body.Put("text_1", request.Queries);
        body.Put("text_2", request.Documents);
        PutLimits(body, request.MaxTokensPerQuery, request.MaxTokensPerDocument, request.Instruction);
        return PoolingBody.End(body, request);
    }

    private static void PutLimits(JsonObject body, int? query, int? document, string? instruction)
    {
        if (query < 1)
            throw RequestRefusal.Because($"MaxTokensPerQuery (max_tokens_per_query) must be 1 or more, or null, but is {query}.");
        if (document < 1)
            throw RequestRefusal.Because($"MaxTokensPerDocument (max_tokens_per_doc) must be 1 or more, or null, but is {document}.");

        body.Put("max_tokens_per_query", query);
        body.Put("max_tokens_per_doc", document);
        body.Put("instruction", instruction);
    }

    private static void ThrowIfUnusable(string member, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            throw RequestRefusal.Because($"{member} is empty. Add at least one; vLLM refuses a request without any.");
        if (texts.Any(text => text is null))
            throw RequestRefusal.Because($"{member} holds null. An empty text is one, null is none.");
    }
}
