using System.Text.Json;

namespace VllmAdapter;

/// <summary>Holds a whole call against the declared tools.</summary>
internal static class ToolCallProblems
{
    private const string HalfAPair = "The arguments contain half a surrogate pair, which is not text.";

    public static IReadOnlyList<string> Find(string name, string arguments, ToolSignature? tool)
    {
        if (SurrogateHalves.AreIn(arguments))
            return tool is null ? [Undeclared(name), HalfAPair] : [HalfAPair];

        if (tool is null)
            return [Undeclared(name)];

        using JsonDocument document = JsonDocument.Parse(arguments, JsonText.Parsing);
        return [.. Missing(document.RootElement, tool), .. Misfits(document.RootElement, tool)];
    }

    private static string Undeclared(string name) => $"The tool '{name}' was not declared in the request.";

    private static IEnumerable<string> Missing(JsonElement arguments, ToolSignature tool)
    {
        foreach (string required in tool.RequiredParameters)
        {
            if (!arguments.TryGetProperty(required, out _))
                yield return $"The required argument '{required}' is missing.";
        }
    }

    private static IEnumerable<string> Misfits(JsonElement arguments, ToolSignature tool)
    {
        foreach ((string argument, IReadOnlyList<string> types) in tool.ParameterTypes)
        {
            if (arguments.TryGetProperty(argument, out JsonElement value) && !types.Any(type => JsonTypes.Fits(value, type)) && !IsLeftOut(argument, value, tool))
                yield return $"The argument '{argument}' must be {string.Join(" or ", types)}, but is {JsonTypes.NameOf(value)}.";
        }
    }

    // Models write null for what they leave out.
    private static bool IsLeftOut(string argument, JsonElement value, ToolSignature tool) =>
        value.ValueKind == JsonValueKind.Null && !tool.RequiredParameters.Contains(argument, StringComparer.Ordinal);
}
