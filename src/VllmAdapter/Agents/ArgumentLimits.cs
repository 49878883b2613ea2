using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace VllmAdapter.Agents;

/// <summary>Holds a value against the limits that annotations set in a schema: the serializer, which reads the value, knows nothing of them.</summary>
internal static class ArgumentLimits
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <returns>Words that follow the name of the argument, such as "must be at least 1"; null if no limit is broken.</returns>
    public static string? Misfit(JsonElement schema, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => OfNumber(schema, value) ?? Allowed(schema, value),
        JsonValueKind.String => OfText(schema, value.GetString()!) ?? Allowed(schema, value),
        JsonValueKind.True or JsonValueKind.False => Allowed(schema, value),
        JsonValueKind.Array => OfSize(schema, value.GetArrayLength(), "Items", "item"),
        JsonValueKind.Object => OfSize(schema, value.EnumerateObject().Count(), "Properties", "member"),
        _ => null,
    };

    private static string? OfNumber(JsonElement schema, JsonElement value)
    {
        double number = value.GetDouble();
        return Limit(schema, "minimum") is { } least && number < least.GetDouble() ? $"must be at least {least.GetRawText()}"
            : Limit(schema, "exclusiveMinimum") is { } above && number <= above.GetDouble() ? $"must be more than {above.GetRawText()}"
            : Limit(schema, "maximum") is { } most && number > most.GetDouble() ? $"must be at most {most.GetRawText()}"
            : Limit(schema, "exclusiveMaximum") is { } below && number >= below.GetDouble() ? $"must be less than {below.GetRawText()}"
            : null;
    }

    private static string? OfText(JsonElement schema, string text) =>
        OfSize(schema, text.EnumerateRunes().Count(), "Length", "character")
        ?? (Word(schema, "pattern") is { } pattern && Matches(pattern, text) is false ? $"must match the pattern {pattern}"
            : Word(schema, "format") == "email" && !IsAddress(text) ? "must be an e-mail address"
            : null);

    private static string? OfSize(JsonElement schema, int size, string what, string noun) =>
        Limit(schema, "min" + what) is { } least && size < least.GetDouble() ? $"must have at least {Count(least, noun)}"
        : Limit(schema, "max" + what) is { } most && size > most.GetDouble() ? $"must have at most {Count(most, noun)}"
        : null;

    // Enums are read whatever their case.
    private static string? Allowed(JsonElement schema, JsonElement value)
    {
        if (!schema.TryGetProperty("enum", out JsonElement allowed) || allowed.ValueKind != JsonValueKind.Array)
            return null;

        return allowed.EnumerateArray().Any(each => each.ValueKind == JsonValueKind.String && value.ValueKind == JsonValueKind.String
            ? string.Equals(each.GetString(), value.GetString(), StringComparison.OrdinalIgnoreCase)
            : JsonElement.DeepEquals(each, value)) ? null : $"must be one of {allowed.GetRawText()}";
    }

    // The schemas are of our own making: what stands there was a .NET expression.
    private static bool? Matches(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, Patience);
        }
        catch (Exception doubt) when (doubt is RegexMatchTimeoutException or ArgumentException)
        {
            return null;
        }
    }

    // As EmailAddressAttribute has it.
    private static bool IsAddress(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at != text.Length - 1 && at == text.LastIndexOf('@') && text.AsSpan().IndexOfAny('\r', '\n') < 0;
    }

    private static JsonElement? Limit(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out JsonElement limit) && limit.ValueKind == JsonValueKind.Number ? limit : null;

    private static string? Word(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out JsonElement word) && word.ValueKind == JsonValueKind.String ? word.GetString() : null;

    private static string Count(JsonElement number, string noun) =>
        OutcomeNotes.Count(long.Parse(number.GetRawText(), CultureInfo.InvariantCulture), noun);
}
