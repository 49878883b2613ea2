using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads scores, and sees that each is a finite number, in the range that the caller said of them.</summary>
internal static class ScoreReader
{
    /// <summary>Reads what a score says; the reader stands at it.</summary>
    /// <returns>The score; 0 if there is a problem.</returns>
    public static double Read(ref Utf8JsonReader reader, ScoreKind? kind, out string? problem)
    {
        problem = null;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out double score) || !double.IsFinite(score))
        {
            problem = reader.TokenType switch
            {
                JsonTokenType.Null => "is null: the model made no finite number of this (some servers write NaN so)",
                JsonTokenType.String => "is a text, not a number",
                _ => "is not a finite number",
            };
            reader.SkipValue();
            return 0;
        }

        if (kind is { } told && !told.Allows(score))
        {
            problem = string.Create(
                CultureInfo.InvariantCulture,
                $"is {score}, but ScoreKind says {told} scores from {told.Range.Least} to {told.Range.Most}: this server's scores mean something else");
            return 0;
        }

        return score;
    }

    /// <summary>Reads a list of them; the reader stands at its beginning.</summary>
    public static double[] ReadList(ref Utf8JsonReader reader, ScoreKind? kind, out string? problem)
    {
        problem = null;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            problem = "has no list of numbers";
            reader.SkipValue();
            return [];
        }

        List<double> scores = [];
        while (reader.ReadElement())
        {
            double score = Read(ref reader, kind, out string? wrong);
            if (wrong is not null)
                problem ??= string.Create(CultureInfo.InvariantCulture, $"holds a wrong number: number {scores.Count} {wrong}");

            scores.Add(score);
        }

        return problem is null ? [.. scores] : [];
    }
}
