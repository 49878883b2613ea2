using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Python's way of writing values, which servers up to 0.20 put into their messages.</summary>
internal static class Python
{
    public static string Repr(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quote + (quote == '\'' ? escaped.Replace("'", "\\'", StringComparison.Ordinal) : escaped) + quote;
    }

    /// <summary>A number of a field that Python holds as float: 0 is 0.0.</summary>
    public static string Float(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Any(sign => sign is '.' or 'E' or 'N' or '∞') ? text : text + ".0";
    }

    public static string Repr(JsonNode? value) => value switch
    {
        JsonObject members => "{" + string.Join(", ", members.Select(member => $"'{member.Key}': {Repr(member.Value)}")) + "}",
        JsonArray items => "[" + string.Join(", ", items.Select(Repr)) + "]",
        _ => value?.GetValueKind() switch
        {
            null => "None",
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            JsonValueKind.String => Repr(value.GetValue<string>()),
            _ => value.ToJsonString(),
        },
    };
}
