using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>A function declared as in a recorded request, which writes down every call that reaches it.</summary>
internal sealed class CountedFunction(JsonObject declaration, Action<string> ran) : AIFunction
{
    /// <summary>What every call gives back.</summary>
    public const string Result = "It ran.";

    private static readonly JsonElement AnySchema = JsonSerializer.SerializeToElement(new JsonObject { ["type"] = "object" });

    public override string Name { get; } = declaration["name"]!.GetValue<string>();

    public override string Description { get; } = declaration["description"]?.GetValue<string>() ?? "";

    public override JsonElement JsonSchema { get; } =
        declaration["parameters"] is JsonObject parameters ? JsonSerializer.SerializeToElement(parameters) : AnySchema;

    protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        ran($"{Name} {JsonSerializer.Serialize(arguments.ToDictionary(), AIJsonUtilities.DefaultOptions)}");
        return new(Result);
    }
}
