using System.ComponentModel;
using VllmAdapter;
using VllmAdapter.Agents;

namespace Playground;

/// <summary>What the model may do here, and the type that it may have to answer in.</summary>
internal static class Abilities
{
    public static Tool[] Tools { get; } =
    [
        Tool.From("get_weather", "The weather of a city.", ([Description("Such as Cusco")] string city) => $"{city}: 14 degrees, sunny"),
    ];

    public static StructuredOutput Animal { get; } = StructuredOutput.JsonSchema<Animal>("animal");
}

/// <summary>The answer's type.</summary>
internal sealed record Animal(string Name, string Home, int Legs);
