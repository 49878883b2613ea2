using System.Text.Json;

namespace VllmAdapter;

/// <summary>Holds a whole call against the declared tools.</summary>
internal static class ToolCallProblems
{
    public static IReadOnlyList<string> Find(string name, string arguments, DeclaredTool? tool)
    {
        if (tool is null)
            return [$"The tool '{name}' was not declared in the request."];

        using JsonDocument document = JsonDocument.Parse(arguments, JsonText.Parsing);
        return MayHoldHalfACharacter(arguments) && HoldsHalfACharacter(document.RootElement)
            ? ["A name or a text in the arguments holds half a surrogate pair, which is no text."]
            : [.. Missing(document.RootElement, tool), .. Misfits(document.RootElement, tool)];
    }

    // Half a pair can only stand there as an escape; such a text cannot be read, nor written back.
    private static bool MayHoldHalfACharacter(string arguments) => arguments.Contains(@"\ud", StringComparison.OrdinalIgnoreCase);

    private static bool HoldsHalfACharacter(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() is null,
                JsonValueKind.Array => value.EnumerateArray().Any(HoldsHalfACharacter),
                JsonValueKind.Object => value.EnumerateObject().Any(property => property.Name is null || HoldsHalfACharacter(property.Value)),
                _ => false,
            };
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static IEnumerable<string> Missing(JsonElement arguments, DeclaredTool tool)
    {
        foreach (string required in tool.Required)
        {
            if (!arguments.TryGetProperty(required, out _))
                yield return $"The required argument '{required}' is missing.";
        }
    }

    private static IEnumerable<string> Misfits(JsonElement arguments, DeclaredTool tool)
    {
        foreach ((string argument, IReadOnlyList<string> types) in tool.Types)
        {
            if (arguments.TryGetProperty(argument, out JsonElement value) && !types.Any(type => JsonTypes.Fits(value, type)))
                yield return $"The argument '{argument}' must be {string.Join(" or ", types)}, but is {JsonTypes.NameOf(value)}.";
        }
    }
}
