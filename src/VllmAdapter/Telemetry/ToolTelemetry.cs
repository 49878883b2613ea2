using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter;

/// <summary>Reports the handlers of a loop's tools: a span, a duration and, for those that fail, a line in the log.</summary>
internal sealed class ToolTelemetry(ILogger logger, TimeProvider clock)
{
    private const int LongestId = 100;

    private static readonly ToolTelemetry Unlogged = new(NullLogger.Instance, TimeProvider.System);

    /// <summary>The adapter's own, which knows its log and its clock; spans and durations are there for every chat.</summary>
    public static ToolTelemetry Of(IVllmChat chat) => (chat as VllmInferenceAdapter)?.ToolTelemetry ?? Unlogged;

    public async Task<ToolOutput> RunAsync(ToolCall call, ToolInvocation invocation, CancellationToken cancellationToken)
    {
        using Activity? span = Start(call);
        long startedAt = clock.GetTimestamp();
        string? error = null;
        try
        {
            return await invocation(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            error = failure.GetType().FullName;
            span?.SetTag(Attributes.ErrorType, error).SetStatus(ActivityStatusCode.Error);
            Log.HandlerFailed(logger, call.Name, ServerText.Quote(call.Id, LongestId) ?? "", failure);
            throw;
        }
        finally
        {
            Count(call, error, clock.GetElapsedTime(startedAt));
        }
    }

    private static Activity? Start(ToolCall call)
    {
        if (!Meters.Source.HasListeners())
            return null;

        return Meters.Source.StartActivity($"execute_tool {call.Name}")?
            .SetTag(Attributes.OperationName, "execute_tool")
            .SetTag(Attributes.ToolName, call.Name)
            .SetTag(Attributes.ToolCallId, ServerText.Quote(call.Id, LongestId))
            .SetTag(Attributes.ToolType, "function");
    }

    private static void Count(ToolCall call, string? error, TimeSpan took)
    {
        if (!Meters.ToolDuration.Enabled)
            return;

        var tags = new TagList { { Attributes.ToolName, call.Name } };
        if (error is not null)
            tags.Add(Attributes.ErrorType, error);

        Meters.ToolDuration.Record(took.TotalSeconds, tags);
    }
}
