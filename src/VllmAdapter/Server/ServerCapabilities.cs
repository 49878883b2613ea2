namespace VllmAdapter.Server;

/// <summary>What a server offers: yes, no or not known for every route, and what that is known from.</summary>
/// <example>
/// <code>
/// ServerCapabilities offered = await adapter.Server.GetCapabilitiesAsync();
/// if (offered.Of("/v1/embeddings") is { IsOffered: false } missing)
///     Console.WriteLine($"No embeddings here: {missing.Reason} {missing.Needs}");
/// </code>
/// </example>
public sealed record ServerCapabilities
{
    /// <summary>The release that the server runs; null if it does not say, as with most gateways.</summary>
    public ServerVersion? Version { get; init; }

    /// <summary>Every route that the adapter knows of.</summary>
    public required IReadOnlyList<RouteCapability> Routes { get; init; }

    /// <summary>The top-level fields of a chat request that the server knows; null where it does not describe itself. Any other field is silently ignored.</summary>
    public IReadOnlySet<string>? ChatFields { get; init; }

    /// <summary>One route.</summary>
    /// <param name="path">The route, such as <c>/v1/embeddings</c>.</param>
    /// <returns>What is known about it; nothing for a route that the adapter does not know.</returns>
    public RouteCapability Of(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string rooted = path.StartsWith('/') ? path : "/" + path;
        return Routes.FirstOrDefault(route => route.Path == rooted)
            ?? new RouteCapability(rooted, IsOffered: null, CapabilitySource.Nothing, "The adapter does not know this route.", "");
    }
}
