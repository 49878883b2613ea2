namespace VllmAdapter.Server;

/// <summary>Whether a server offers one route.</summary>
/// <param name="Path">The route, from the server's root, such as <c>/v1/embeddings</c>.</param>
/// <param name="IsOffered">Whether it is offered; null if that is not known.</param>
/// <param name="Source">What that is known from.</param>
/// <param name="Reason">The same in a sentence, such as "A GET was answered 404.".</param>
/// <param name="Needs">What a server must be, or be started with, to offer it, in a sentence.</param>
public sealed record RouteCapability(string Path, bool? IsOffered, CapabilitySource Source, string Reason, string Needs);
