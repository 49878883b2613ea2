using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>The middleware of Microsoft.Extensions.AI that a recording is played through, outermost first.</summary>
internal static class Stack
{
    public const string Source = "recordings";

    public static IChatClient FunctionsAlone(IChatClient inner, IDistributedCache cache) => inner.AsBuilder().UseFunctionInvocation().Build();

    /// <summary>An agent of Microsoft Agent Framework behind a cache.</summary>
    public static IChatClient Agent(IChatClient inner, IDistributedCache cache) =>
        new AgentChatClient(inner).AsBuilder().UseDistributedCache(cache).Build();

    /// <summary>Cache, functions, telemetry with everything that was said, and a log of everything.</summary>
    public static IChatClient Everything(IChatClient inner, IDistributedCache cache) => Everything(inner, cache, new ListedLog());

    public static IChatClient Everything(IChatClient inner, IDistributedCache cache, ILoggerFactory log) => inner.AsBuilder()
        .UseDistributedCache(cache)
        .UseFunctionInvocation()
        .UseOpenTelemetry(log, Source, telemetry => telemetry.EnableSensitiveData = true)
        .UseLogging(log)
        .Build();
}
