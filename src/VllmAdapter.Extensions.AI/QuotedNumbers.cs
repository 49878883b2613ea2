using System.Buffers;
using System.Text;
using System.Text.Json;

namespace VllmAdapter.Extensions.AI;

/// <summary>
/// Numbers in quotes, where a tool takes numbers alone. The serializer of Microsoft.Extensions.AI reads "3" as 3 and nothing is lost, so that it
/// is no reason to ask the model again.
/// </summary>
internal static class QuotedNumbers
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>How many arguments are a number in quotes: each is one problem of its call.</summary>
    public static int CountIn(ToolCall call, ToolSignature tool)
    {
        // Half a surrogate pair cannot be looked at, and would be one problem more.
        if (call.Arguments.Contains('\\', StringComparison.Ordinal))
            return 0;

        using JsonDocument arguments = JsonDocument.Parse(call.Arguments, ToolMapping.DeepArguments);
        return tool.ParameterTypes.Keys.Count(name => arguments.RootElement.TryGetProperty(name, out JsonElement value) && In(value, name, tool) is not null);
    }

    /// <summary>The number; null if the argument is none in quotes, or may be text.</summary>
    public static JsonElement? In(JsonElement argument, string name, ToolSignature? tool)
    {
        if (argument.ValueKind != JsonValueKind.String || tool is null || !tool.ParameterTypes.TryGetValue(name, out IReadOnlyList<string>? types)
            || types.Any(type => type is not ("integer" or "number" or "null")))
        {
            return null;
        }

        string text = argument.GetString()!;
        return IsInteger(text) || (types.Contains("number", StringComparer.Ordinal) && IsNumber(text)) ? Parsed(text) : null;
    }

    private static bool IsInteger(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan(text is ['-', ..] ? 1 : 0);
        return digits.Length > 0 && !digits.ContainsAnyExcept(Digits) && (digits.Length == 1 || digits[0] != '0');
    }

    private static bool IsNumber(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            return !text.AsSpan().ContainsAny(" \t\r\n") && reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static JsonElement Parsed(string number)
    {
        using JsonDocument document = JsonDocument.Parse(number);
        return document.RootElement.Clone();
    }
}
