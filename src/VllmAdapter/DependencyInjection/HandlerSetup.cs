namespace VllmAdapter;

/// <summary>What is changed about a registered adapter's own HTTP handler, whenever one is made.</summary>
internal sealed record HandlerSetup(Action<SocketsHttpHandler, IServiceProvider> Apply);
