using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Python's way of writing values, which servers up to 0.20 put into their messages.</summary>
internal static class Python
{
    public static string Repr(JsonNode? value) => value switch
    {
        JsonObject members => "{" + string.Join(", ", members.Select(member => $"'{member.Key}': {Repr(member.Value)}")) + "}",
        JsonArray items => "[" + string.Join(", ", items.Select(Repr)) + "]",
        _ => value?.GetValueKind() switch
        {
            null => "None",
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            JsonValueKind.String => $"'{value.GetValue<string>()}'",
            _ => value.ToJsonString(),
        },
    };
}
