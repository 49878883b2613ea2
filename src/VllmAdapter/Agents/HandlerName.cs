using System.ComponentModel;
using System.Reflection;
using System.Text.Json;

namespace VllmAdapter.Agents;

/// <summary>What a method tells of itself: the name that a model would give it, and its description.</summary>
internal static class HandlerName
{
    /// <summary>"get_weather" for GetWeatherAsync: models are trained on names like that, and write them so whatever they are told.</summary>
    /// <exception cref="ArgumentException">It is a lambda.</exception>
    public static string Of(Delegate handler)
    {
        string name = handler.Method.Name;

        // The compiler calls a local function "<Outer>g__Name|0_1".
        int local = name.IndexOf(">g__", StringComparison.Ordinal);
        if (local >= 0)
            name = name[(local + 4)..name.IndexOf('|', local)];

        if (name.StartsWith('<'))
            throw new ArgumentException("A lambda has no name. Give one: Tool.From(\"name\", \"description\", handler).", nameof(handler));

        if (name.Length > 5 && name.EndsWith("Async", StringComparison.Ordinal))
            name = name[..^5];

        return JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
    }

    public static string? DescriptionOf(Delegate handler) => handler.Method.GetCustomAttribute<DescriptionAttribute>()?.Description;
}
