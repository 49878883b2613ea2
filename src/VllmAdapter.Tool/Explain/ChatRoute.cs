namespace VllmAdapter.Tool.Explain;

/// <summary>The one route whose answers are explained.</summary>
internal static class ChatRoute
{
    public const string Path = "/v1/chat/completions";

    /// <summary>Whether an exchange is of this route; gateways put a prefix before it.</summary>
    public static bool IsOf(RecordedExchange exchange) =>
        exchange.Request.Method == "POST" && exchange.Request.Path.TrimEnd('/').EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="ToolException">The exchange is of another route.</exception>
    public static void Demand(RecordedExchange exchange)
    {
        if (!IsOf(exchange))
        {
            throw new ToolException(
                $"{exchange.Name} is an exchange of {exchange.Request.Method} {Wording.OneLine(exchange.Request.Path)}. explain reads answers of POST {Path}.");
        }
    }
}
