using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter;

/// <summary>
/// Keeps the retries and the time limits that a host sets for all its HTTP clients off an adapter's. Such a handler sees no more of an answer than
/// its headers, asks under the same id again, and gives up while a long prompt is still being read.
/// </summary>
internal static class ForeignRetries
{
    // By name, so that the package need not be referenced: all handlers of Microsoft.Extensions.Http.Resilience, and the one of Microsoft.Extensions.Http.Polly.
    private const string Resilience = "Microsoft.Extensions.Http.Resilience";
    private const string Policy = "Microsoft.Extensions.Http.PolicyHttpMessageHandler";

    /// <summary>Takes off what was added before. Defaults for all clients always come before what one client is given.</summary>
    public static void TakeOff(IHttpClientBuilder client) => client.ConfigureAdditionalHttpMessageHandlers(static (handlers, _) =>
    {
        for (int i = handlers.Count - 1; i >= 0; i--)
        {
            if (IsForeign(handlers[i].GetType()))
                handlers.RemoveAt(i);
        }
    });

    private static bool IsForeign(Type handler) =>
        handler.FullName == Policy || handler.Namespace is { } space && space.StartsWith(Resilience, StringComparison.Ordinal);
}
