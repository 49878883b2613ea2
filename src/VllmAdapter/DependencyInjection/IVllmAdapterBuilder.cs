using VllmAdapter;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>An adapter that was registered, to be set up further.</summary>
public interface IVllmAdapterBuilder
{
    /// <summary>Where the adapter is registered.</summary>
    IServiceCollection Services { get; }

    /// <summary>The adapter's name: the key of its service and the name of its <see cref="VllmAdapterOptions"/>.</summary>
    /// <value>Empty for the adapter that is registered without a name.</value>
    string Name { get; }

    /// <summary>The adapter's HTTP client: message handlers, service discovery, a primary handler of your own.</summary>
    /// <remarks>
    /// A message handler sees the request until the headers of the reply came, and never the end of a stream. Leave
    /// <see cref="System.Net.Http.HttpClient.Timeout"/> infinite: <see cref="VllmAdapterOptions.TimeLimits"/> has all the time limits.
    /// </remarks>
    IHttpClientBuilder HttpClient { get; }
}
