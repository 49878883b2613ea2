using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Asks for embeddings, and sees that all vectors of a call are of one length, and of the one that was asked for.</summary>
internal static class EmbeddingCalls
{
    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static async Task<EmbeddingResult> AskAsync(RouteCalls calls, EmbeddingRequest request, CancellationToken cancellationToken)
    {
        PoolingReply<float[]> reply = await Of(calls, request).GatherAsync(cancellationToken).ConfigureAwait(false);
        return ResultOf(reply);
    }

    /// <inheritdoc cref="AskAsync"/>
    public static IAsyncEnumerable<EmbeddingResult> StreamAsync(RouteCalls calls, EmbeddingRequest request, CancellationToken cancellationToken)
    {
        // What cannot be sent is refused at once.
        PoolingCalls<float[]> batches = Of(calls, request);
        return new CancellableEvents<EmbeddingResult>(token => ResultsAsync(batches, token), cancellationToken);
    }

    private static async IAsyncEnumerable<EmbeddingResult> ResultsAsync(
        PoolingCalls<float[]> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (PoolingReply<float[]> reply in batches.StreamAsync(endsWithFirstFailure: false, cancellationToken).ConfigureAwait(false))
            yield return ResultOf(reply);
    }

    private static PoolingCalls<float[]> Of(RouteCalls calls, EmbeddingRequest request)
    {
        JsonElement fields = FieldsOf(request, calls.Options.Model);
        var length = new VectorLength(request.Dimensions);
        var route = new PoolingRoute<float[]>("v1/embeddings", "embeddings", "a list of embeddings", () => NewReader(length));
        return new PoolingCalls<float[]>(calls, route, request, fields);
    }

    private static EmbeddingResult ResultOf(PoolingReply<float[]> reply) => new()
    {
        Vectors = Array.ConvertAll(reply.Entries, static vector => new ReadOnlyMemory<float>(vector)),
        Model = reply.Model,
        Id = reply.Id,
        Usage = TokenUsage.From(reply.PromptTokens, completion: null, total: null),
    };

    private static JsonElement FieldsOf(EmbeddingRequest request, string? defaultModel)
    {
        PoolingCalls<float[]>.ThrowIfUnusable(request);
        if (request.Dimensions < 1)
            throw RequestRefusal.Because($"Dimensions (dimensions) must be 1 or more, or null for the model's own, but is {request.Dimensions}.");

        return PoolingBody.Fields((request, defaultModel), static (json, from) =>
        {
            BodyWriter body = PoolingBody.Begin(json, from.request, from.defaultModel, "input", "messages", "dimensions");
            body.Put("encoding_format", from.request.Encoding switch
            {
                VectorEncoding.Base64 => "base64",
                VectorEncoding.Float => "float",
                _ => throw RequestRefusal.Because($"Encoding must be Base64 or Float, but is {from.request.Encoding}."),
            });
            body.Put("dimensions", from.request.Dimensions);
            body.Put("chat_template_kwargs", from.request.TemplateArguments);
            PoolingBody.End(body);
        });
    }

    private static PoolingReplyReader<float[]> NewReader(VectorLength length)
    {
        var vectors = new VectorReader();
        return new PoolingReplyReader<float[]>("data", "embedding", "Inputs", ReadEntry);

        PoolingEntry<float[]> ReadEntry(ref Utf8JsonReader reader)
        {
            int? index = null;
            float[]? vector = null;
            string? problem = null;
            while (reader.ReadField())
            {
                ReadOnlySpan<byte> name = reader.FieldName();
                bool isIndex = name.SequenceEqual("index"u8);
                bool isVector = name.SequenceEqual("embedding"u8);
                reader.Read();
                if (isIndex)
                    index = JsonText.ReadCount(ref reader);
                else if (isVector)
                    vector = vectors.Read(ref reader, out problem);
                else
                    reader.SkipValue();
            }

            return new PoolingEntry<float[]>(index, vector, vector is null ? "has no vector" : problem ?? length.ProblemOf(vector.Length));
        }
    }

    /// <summary>The one length of all vectors of a call: that which was asked for, if one was. Thread-safe.</summary>
    private sealed class VectorLength(int? asked)
    {
        private readonly CommonCount _common = new();

        public string? ProblemOf(int length) => asked switch
        {
            null => _common.ProblemOf(length),
            { } due when length == due => null,
            { } due => string.Create(
                CultureInfo.InvariantCulture, $"has {length} numbers where Dimensions asked for {due}: this server ignores dimensions"),
        };
    }
}
