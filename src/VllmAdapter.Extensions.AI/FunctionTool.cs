using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter.Extensions.AI;

/// <summary>A function as a tool of the adapter's own loop.</summary>
internal static class FunctionTool
{
    public static Tool Of(AIFunction function) => Tool.Bound(ToolMapping.Definition(function), (call, services) =>
    {
        Dictionary<string, object?> arguments = ToolMapping.Arguments(call, function.JsonSchema);
        return token => RunAsync(function, arguments, services, token);
    });

    private static async Task<IReadOnlyList<ContentPart>> RunAsync(
        AIFunction function, Dictionary<string, object?> arguments, IServiceProvider? services, CancellationToken cancellationToken)
    {
        // Functions that run side by side must not share what is made for one at a time.
        AsyncServiceScope? scope = services?.GetService<IServiceScopeFactory>()?.CreateAsyncScope();
        try
        {
            return ToolMessageMapping.PartsOf(await function.InvokeAsync(
                new AIFunctionArguments(arguments, StringComparer.Ordinal) { Services = scope?.ServiceProvider ?? services }, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            if (scope is { } made)
                await made.DisposeAsync().ConfigureAwait(false);
        }
    }
}
