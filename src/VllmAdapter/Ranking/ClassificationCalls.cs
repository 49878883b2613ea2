using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Asks a classifying model for the classes of inputs.</summary>
internal static class ClassificationCalls
{
    /// <exception cref="ArgumentException">The request cannot be sent as it is.</exception>
    public static async Task<ClassificationResult> AskAsync(RouteCalls calls, ClassificationRequest request, CancellationToken cancellationToken)
    {
        PoolingCalls<Classification>.ThrowIfUnusable(request);
        JsonElement fields = PoolingBody.Fields((request, calls.Options.Model), static (json, from) =>
        {
            BodyWriter body = PoolingBody.Begin(json, from.request, from.Model, "input", "messages");
            body.Put("chat_template_kwargs", from.request.TemplateArguments);
            PoolingBody.End(body);
        });

        var classes = new CommonCount();
        var route = new PoolingRoute<Classification>(
            "classify", "classify", "a list of classes", () => new("data", "classification", "Inputs", (ref reader) => ReadEntry(ref reader, request.ScoreKind, classes)));
        PoolingReply<Classification> reply = await new PoolingCalls<Classification>(calls, route, request, fields).GatherAsync(cancellationToken).ConfigureAwait(false);
        return new ClassificationResult
        {
            Results = [.. reply.Entries.Select((entry, at) => entry with { Index = at })],
            ScoreKind = request.ScoreKind,
            Model = reply.Model,
            Id = reply.Id,
            Usage = TokenUsage.From(reply.PromptTokens, completion: null, total: null),
        };
    }

    private static PoolingEntry<Classification> ReadEntry(ref Utf8JsonReader reader, ScoreKind? kind, CommonCount classes)
    {
        int? index = null;
        int? count = null;
        string? label = null;
        double[]? scores = null;
        string? problem = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            bool isIndex = name.SequenceEqual("index"u8);
            bool isLabel = name.SequenceEqual("label"u8);
            bool isScores = name.SequenceEqual("probs"u8);
            bool isCount = name.SequenceEqual("num_classes"u8);
            reader.Read();
            if (isIndex)
                index = JsonText.ReadCount(ref reader);
            else if (isLabel)
                label = LooseJson.ReadName(ref reader);
            else if (isScores)
                scores = ScoreReader.ReadList(ref reader, kind, out problem);
            else if (isCount)
                count = JsonText.ReadCount(ref reader);
            else
                reader.SkipValue();
        }

        problem ??= ProblemOf(scores, count) ?? classes.ProblemOf(scores!.Length);
        return problem is null
            ? new PoolingEntry<Classification>(index, new Classification { Label = label, Scores = scores!, TopClass = Array.IndexOf(scores!, scores!.Max()) }, null)
            : new PoolingEntry<Classification>(index, null, problem);
    }

    private static string? ProblemOf(double[]? scores, int? count) => (scores, count) switch
    {
        (null, _) => "has no numbers (probs)",
        ({ Length: 0 }, _) => "has an empty list of numbers (probs)",
        ({ Length: var length }, { } due) when length != due =>
            string.Create(CultureInfo.InvariantCulture, $"has {length} numbers for {due} classes"),
        _ => null,
    };
}
