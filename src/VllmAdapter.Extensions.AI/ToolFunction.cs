using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>A tool of the adapter as a function of Microsoft.Extensions.AI.</summary>
internal sealed class ToolFunction(Tool tool) : AIFunction
{
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    public override string Name => tool.Name;

    public override string Description => tool.Definition.Description ?? "";

    public override JsonElement JsonSchema => tool.Definition.Parameters ?? NoParameters;

    public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = tool.Definition.Strict is { } strict
        ? new Dictionary<string, object?>(StringComparer.Ordinal) { ["strict"] = strict }
        : new Dictionary<string, object?>(StringComparer.Ordinal);

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(Tool) ? tool : base.GetService(serviceType, serviceKey);

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        Func<CancellationToken, Task<IReadOnlyList<ContentPart>>> run;
        try
        {
            run = tool.Bind(new ToolCall("function", tool.Name, JsonValues.ToObject(arguments).ToJsonString()), arguments.Services);
        }
        catch (JsonException misfit)
        {
            // Middleware tells a model of an exception only that there was one.
            return $"The call was not run. {misfit.Message}";
        }

        IReadOnlyList<ContentPart> shown = await run(cancellationToken).ConfigureAwait(false);
        return shown is [TextPart text] ? text.Text : shown.Select(PartMapping.ContentOf).ToArray();
    }
}
