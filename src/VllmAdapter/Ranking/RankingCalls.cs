using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Asks for ranks and scores, and sees that each belongs to a document that was asked about.</summary>
internal static class RankingCalls
{
    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static async Task<RerankResult> AskAsync(RouteCalls calls, RerankRequest request, CancellationToken cancellationToken)
    {
        using RequestBody body = RankingBody.Of(request, calls.Options.Model);
        int count = Math.Min(request.TopN ?? int.MaxValue, request.Documents.Count);
        var reader = new PoolingReplyReader<Scored>("results", "score", "Documents", ReadRanked);
        (PoolingReply<Scored> reply, int[] places) = await AskAsync(
            calls, Question("v1/rerank", "rerank", "ranked documents", body, request), reader, request.Documents.Count, count, cancellationToken).ConfigureAwait(false);

        // As servers send them, but what is handed out does not rest on it. The order of equal ones is kept.
        RankedDocument[] ranked =
        [
            .. reply.Entries.Select((entry, at) => new RankedDocument(places[at], request.Documents[places[at]], entry.Score)).OrderByDescending(document => document.Score),
        ];
        return new RerankResult
        {
            Results = ranked,
            ScoreKind = request.ScoreKind,
            Model = reply.Model,
            Id = reply.Id,
            Usage = TokenUsage.From(reply.PromptTokens, completion: null, total: null),
        };

        PoolingEntry<Scored> ReadRanked(ref Utf8JsonReader json) => ReadEntry(ref json, "relevance_score"u8, request.ScoreKind, request.Documents);
    }

    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static async Task<ScoreResult> AskAsync(RouteCalls calls, ScoreRequest request, CancellationToken cancellationToken)
    {
        using RequestBody body = RankingBody.Of(request, calls.Options.Model);
        int count = request.Documents.Count;
        var reader = new PoolingReplyReader<Scored>("data", "score", "Documents", ReadScore);
        (PoolingReply<Scored> reply, int[] places) = await AskAsync(
            calls, Question("v1/score", "score", "a list of scores", body, request), reader, count, count, cancellationToken).ConfigureAwait(false);

        var scores = new PairScore[count];
        for (int at = 0; at < count; at++)
        {
            int place = places[at];
            scores[place] = new PairScore(
                place, request.Queries[request.Queries.Count == 1 ? 0 : place], request.Documents[place], reply.Entries[at].Score);
        }

        return new ScoreResult
        {
            Scores = scores,
            ScoreKind = request.ScoreKind,
            Model = reply.Model,
            Id = reply.Id,
            Usage = TokenUsage.From(reply.PromptTokens, completion: null, total: null),
        };

        PoolingEntry<Scored> ReadScore(ref Utf8JsonReader json) => ReadEntry(ref json, "score"u8, request.ScoreKind, documents: null);
    }

    private static RouteQuestion Question(string path, string operation, string expected, RequestBody body, PoolingRequest request) => new(path, operation)
    {
        JsonBody = body.Utf8,
        Headers = request.Headers,
        Model = body.Model,
        Expected = expected,
    };

    private static async Task<(PoolingReply<Scored> Reply, int[] Places)> AskAsync(
        RouteCalls calls, RouteQuestion question, PoolingReplyReader<Scored> reader, int places, int count, CancellationToken cancellationToken)
    {
        Ranked answer = await calls.AskAsync(
            question,
            (reply, token) => reader.Read(reply, places, count, 0, token) is { } read ? new Ranked(read.Reply, read.Places) : null,
            cancellationToken).ConfigureAwait(false);
        return (answer.Reply, answer.Places);
    }

    // Documents are those that a reply repeats, each in its place; null if it repeats none.
    private static PoolingEntry<Scored> ReadEntry(ref Utf8JsonReader reader, ReadOnlySpan<byte> field, ScoreKind? kind, IReadOnlyList<string>? documents)
    {
        int? index = null;
        double? score = null;
        string? repeated = null;
        string? problem = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            bool isIndex = name.SequenceEqual("index"u8);
            bool isScore = name.SequenceEqual(field);
            bool isDocument = documents is not null && name.SequenceEqual("document"u8);
            reader.Read();
            if (isIndex)
                index = JsonText.ReadCount(ref reader);
            else if (isScore)
                score = ScoreReader.Read(ref reader, kind, out problem);
            else if (isDocument)
                repeated = ReadText(ref reader);
            else
                reader.SkipValue();
        }

        problem ??= score is null ? "is missing" : null;
        if (index is { } place && place < documents?.Count && repeated is not null && !IsSame(repeated, documents[place]))
            problem ??= "comes with another document than was asked about";

        return new PoolingEntry<Scored>(index, new Scored(score ?? 0), problem);
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return JsonText.Read(ref reader);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.SkipValue();
            return null;
        }

        string? text = null;
        while (reader.ReadField())
        {
            bool isText = reader.FieldName().SequenceEqual("text"u8);
            reader.Read();
            if (isText && reader.TokenType == JsonTokenType.String)
                text = JsonText.Read(ref reader);
            else
                reader.SkipValue();
        }

        return text;
    }

    // Half a surrogate pair is no text, and is sent as the replacement character.
    private static bool IsSame(string repeated, string sent) =>
        repeated == sent || repeated == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(sent));

    private readonly record struct Scored(double Score);

    private sealed record Ranked(PoolingReply<Scored> Reply, int[] Places) : IRouteReply
    {
        public int? PromptTokens => Reply.PromptTokens;

        public string? Model => Reply.Model;

        public string? Id => Reply.Id;
    }
}
