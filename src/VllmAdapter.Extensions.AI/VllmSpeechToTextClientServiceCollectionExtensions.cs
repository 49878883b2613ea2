using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients that write speech down on top of registered adapters.</summary>
/// <remarks>Experimental, because what it registers is: Microsoft may change it in any release (MEAI001).</remarks>
[Experimental("MEAI001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
public static class VllmSpeechToTextClientServiceCollectionExtensions
{
    /// <summary>Registers the adapter as the <see cref="ISpeechToTextClient"/>, as a singleton.</summary>
    /// <param name="services">Services that hold a <see cref="VllmInferenceAdapter"/>.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    public static IServiceCollection AddVllmSpeechToTextClient(this IServiceCollection services, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(provider => provider.GetRequiredService<VllmInferenceAdapter>().AsISpeechToTextClient(model));
    }

    /// <summary>Registers the adapter of this key as the <see cref="ISpeechToTextClient"/> of the same key, as a singleton.</summary>
    /// <param name="services">Services that hold a <see cref="VllmInferenceAdapter"/> under the key.</param>
    /// <param name="serviceKey">The key, for example the name of the adapter.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    public static IServiceCollection AddKeyedVllmSpeechToTextClient(this IServiceCollection services, object? serviceKey, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddKeyedSingleton(serviceKey, (provider, key) => provider.GetRequiredKeyedService<VllmInferenceAdapter>(key).AsISpeechToTextClient(model));
    }
}
