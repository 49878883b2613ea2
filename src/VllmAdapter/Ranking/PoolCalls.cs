using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Asks a pooling model for its own output. Numbers are asked for: base64 would not tell a matrix from a vector.</summary>
internal static class PoolCalls
{
    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static async Task<PoolResult> AskAsync(RouteCalls calls, PoolRequest request, CancellationToken cancellationToken)
    {
        PoolingCalls<PooledOutput>.ThrowIfUnusable(request);
        JsonElement fields = PoolingBody.Fields((request, calls.Options.Model), static (json, from) =>
        {
            BodyWriter body = PoolingBody.Begin(json, from.request, from.Model, "input", "messages", "task", "data");
            body.Put("encoding_format", "float");
            body.Put("task", from.request.Task);
            body.Put("chat_template_kwargs", from.request.TemplateArguments);
            PoolingBody.End(body);
        });

        var route = new PoolingRoute<PooledOutput>("pooling", "pooling", "a list of pooled outputs", NewReader);
        PoolingReply<PooledOutput> reply = await new PoolingCalls<PooledOutput>(calls, route, request, fields).GatherAsync(cancellationToken).ConfigureAwait(false);
        return new PoolResult
        {
            Outputs = [.. reply.Entries.Select((entry, at) => entry with { Index = at })],
            Model = reply.Model,
            Id = reply.Id,
            Usage = TokenUsage.From(reply.PromptTokens, completion: null, total: null),
        };
    }

    private static PoolingReplyReader<PooledOutput> NewReader()
    {
        var numbers = new VectorReader();
        return new PoolingReplyReader<PooledOutput>("data", "output", "Inputs", ReadEntry);

        PoolingEntry<PooledOutput> ReadEntry(ref Utf8JsonReader reader)
        {
            int? index = null;
            PooledOutput? output = null;
            string? problem = null;
            while (reader.ReadField())
            {
                ReadOnlySpan<byte> name = reader.FieldName();
                bool isIndex = name.SequenceEqual("index"u8);
                bool isData = name.SequenceEqual("data"u8);
                reader.Read();
                if (isIndex)
                    index = JsonText.ReadCount(ref reader);
                else if (isData)
                    output = ReadOutput(ref reader, numbers, out problem);
                else
                    reader.SkipValue();
            }

            return new PoolingEntry<PooledOutput>(index, output, problem ?? (output is null ? "is missing" : null));
        }
    }

    private static PooledOutput? ReadOutput(ref Utf8JsonReader reader, VectorReader numbers, out string? problem)
    {
        problem = null;
        if (reader.TokenType == JsonTokenType.String)
        {
            problem = "is a text, which has no shape: this server ignores encoding_format float";
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            problem = "is not a list of numbers";
            reader.SkipValue();
            return null;
        }

        // A list of lists is known by its first one.
        Utf8JsonReader ahead = reader;
        ahead.Read();
        if (ahead.TokenType != JsonTokenType.StartArray)
        {
            float[] vector = numbers.Read(ref reader, out problem);
            return problem is null ? new PooledOutput { Values = vector } : null;
        }

        return ReadMatrix(ref reader, numbers, ref problem);
    }

    private static PooledOutput? ReadMatrix(ref Utf8JsonReader reader, VectorReader numbers, ref string? problem)
    {
        List<float[]> rows = [];
        while (reader.ReadElement())
        {
            float[] row = numbers.Read(ref reader, out string? wrong);
            if (wrong is not null)
                problem ??= string.Create(CultureInfo.InvariantCulture, $"is wrong in row {rows.Count}, which {wrong}");
            else if (rows.Count > 0 && row.Length != rows[0].Length)
                problem ??= string.Create(CultureInfo.InvariantCulture, $"has {row.Length} numbers in row {rows.Count}, but {rows[0].Length} in row 0");

            rows.Add(row);
        }

        return problem is null ? new PooledOutput { Values = rows.SelectMany(row => row).ToArray(), Rows = rows.Count } : null;
    }
}
