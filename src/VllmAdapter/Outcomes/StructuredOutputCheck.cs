using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// Compares the text of a finished answer with the shape that was asked for: servers ignore a setting that they do not know silently
/// (vLLM 0.8.5 does so with <c>structured_outputs</c>, later ones with <c>guided_*</c>).
/// </summary>
internal static class StructuredOutputCheck
{
    /// <summary>A note for each completed choice whose text has another shape.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="format">The shape that was asked for.</param>
    public static IEnumerable<OutcomeNote> Notes(StreamOutcome outcome, AskedFormat format)
    {
        Dictionary<int, StreamVerdict> verdicts = outcome.Choices.ToDictionary(choice => choice.Index, choice => choice.Verdict);
        HashSet<int> withCalls =
            [.. outcome.ToolCalls.Select(call => call.ChoiceIndex), .. outcome.WithheldToolCalls.Select(call => call.ChoiceIndex)];
        foreach (ChatChoice choice in outcome.Received)
        {
            if (verdicts.GetValueOrDefault(choice.Index) != StreamVerdict.Completed || withCalls.Contains(choice.Index) || choice.Refusal.Length > 0)
                continue;

            if (Misfit(format, choice.Text) is { } misfit)
            {
                string who = outcome.Evidence.Request.ChoiceCount > 1 ? $"Choice {choice.Index}: " : "";
                yield return new OutcomeNote(OutcomeNoteKind.OutputNotAsAsked, $"{who}The answer is not what {format.Field} asked for ({misfit}): {Doubt(format)}.");
            }
        }
    }

    /// <summary>Why the text is not what was asked for, in a few words without the text; null if it is, or if that cannot be told.</summary>
    public static string? Misfit(AskedFormat format, string text) => format switch
    {
        // White space separates an answer from the reasoning before it.
        { Choice: { } words } => words.Any(word => string.Equals(word.Trim(), text.Trim(), StringComparison.Ordinal))
            ? null
            : $"it is none of the {OutcomeNotes.Count(words.Count, "text")} to choose from",
        { Regex: { } pattern } => PatternCheck.Matches(pattern, text.Trim()) is false ? "it does not match the regular expression" : null,
        { Schema: { } schema } => JsonMisfit(text, answer => SchemaCheck.Misfit(schema, answer)),
        { IsJsonObject: true } => JsonMisfit(text, answer => answer.ValueKind == JsonValueKind.Object ? null : "it is not a JSON object"),
        _ => null,
    };

    private static string? JsonMisfit(string text, Func<JsonElement, string?> misfit)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(text, JsonText.Parsing);
            return misfit(answer.RootElement);
        }
        catch (JsonException)
        {
            return "it is not JSON";
        }
        catch (Exception halfACharacter) when (halfACharacter is ArgumentException or InvalidOperationException)
        {
            return "it holds half a surrogate pair";
        }
    }

    private static string Doubt(AskedFormat format) => format.Field switch
    {
        "structured_outputs" => "this server may not know the field; vLLM 0.8.5 wants guided_*",
        "guided_*" => "this server may not know the fields; vLLM since 0.12 wants structured_outputs",
        _ => "this server may not know the field, or nothing there enforces it",
    };
}
