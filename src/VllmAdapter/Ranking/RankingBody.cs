namespace VllmAdapter;

/// <summary>Writes requests to rerank and to score.</summary>
internal static class RankingBody
{
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member and its range.</exception>
    public static RequestBody Of(RerankRequest request, string? defaultModel)
    {
        if (request.Query is null)
            throw RequestRefusal.Because("Query is null. An empty text is a query, null is none.");

        ThrowIfUnusable(nameof(request.Documents), request.Documents);
        if (request.TopN < 1)
            throw RequestRefusal.Because($"TopN (top_n) must be 1 or more, or null for all, but is {request.TopN}.");

        return new RequestBody(RequestJson.ToUtf8((request, defaultModel), LengthOf(request.Documents), static (json, from) =>
        {
            BodyWriter body = PoolingBody.Begin(json, from.request, from.defaultModel, "query", "documents", "top_n");
            body.Put("query", from.request.Query);
            body.Put("documents", from.request.Documents);
            body.Put("top_n", from.request.TopN);
            PutLimits(body, from.request.MaxTokensPerQuery, from.request.MaxTokensPerDocument, from.request.Instruction);
            PoolingBody.End(body);
        }));
    }

    /// <inheritdoc cref="Of(RerankRequest, string?)"/>
    public static RequestBody Of(ScoreRequest request, string? defaultModel)
    {
        ThrowIfUnusable(nameof(request.Queries), request.Queries);
        ThrowIfUnusable(nameof(request.Documents), request.Documents);
        if (request.Queries.Count != 1 && request.Queries.Count != request.Documents.Count)
        {
            throw RequestRefusal.Because(
                $"Queries must be one, or as many as Documents, but they are {request.Queries.Count} and {request.Documents.Count}. vLLM scores 1:1, 1:N and N:N only.");
        }

        return new RequestBody(RequestJson.ToUtf8((request, defaultModel), LengthOf(request.Queries) + LengthOf(request.Documents), static (json, from) =>
        {
            BodyWriter body = PoolingBody.Begin(json, from.request, from.defaultModel, "text_1", "text_2", "queries", "documents", "items", "data_1", "data_2");

            // The one spelling that every version takes.
            if (from.request.Queries is [var query])
                body.Put("text_1", query);
            else
                body.Put("text_1", from.request.Queries);
            body.Put("text_2", from.request.Documents);
            PutLimits(body, from.request.MaxTokensPerQuery, from.request.MaxTokensPerDocument, from.request.Instruction);
            PoolingBody.End(body);
        }));
    }

    private static void PutLimits(BodyWriter body, int? query, int? document, string? instruction)
    {
        if (query < 1)
            throw RequestRefusal.Because($"MaxTokensPerQuery (max_tokens_per_query) must be 1 or more, or null, but is {query}.");
        if (document < 1)
            throw RequestRefusal.Because($"MaxTokensPerDocument (max_tokens_per_doc) must be 1 or more, or null, but is {document}.");

        body.Put("max_tokens_per_query", query);
        body.Put("max_tokens_per_doc", document);
        body.Put("instruction", instruction);
    }

    private static long LengthOf(IReadOnlyList<string> texts) => texts.Sum(static text => text.Length + 3L);

    private static void ThrowIfUnusable(string member, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            throw RequestRefusal.Because($"{member} is empty. Add at least one; vLLM refuses a request without any.");
        if (texts.Any(text => text is null))
            throw RequestRefusal.Because($"{member} holds null. An empty text is one, null is none.");
    }
}
