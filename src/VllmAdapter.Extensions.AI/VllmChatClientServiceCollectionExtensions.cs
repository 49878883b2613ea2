using Microsoft.Extensions.AI;
using VllmAdapter;
using VllmAdapter.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers chat clients on top of registered adapters.</summary>
public static class VllmChatClientServiceCollectionExtensions
{
    /// <summary>Registers the adapter as the <see cref="IChatClient"/>, as a singleton.</summary>
    /// <param name="services">Services that hold a <see cref="VllmInferenceAdapter"/>.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <param name="maxCorrections">How often in a row the model may correct calls that cannot be used; 0 or more.</param>
    public static IServiceCollection AddVllmChatClient(
        this IServiceCollection services, string? model = null, int maxCorrections = VllmChatClientExtensions.DefaultMaxCorrections)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(provider =>
            provider.GetRequiredService<VllmInferenceAdapter>().AsIChatClient(model, maxCorrections));
    }

    /// <summary>Registers the adapter of this key as the <see cref="IChatClient"/> of the same key, as a singleton.</summary>
    /// <param name="services">Services that hold a <see cref="VllmInferenceAdapter"/> under the key.</param>
    /// <param name="serviceKey">The key, for example the name of the adapter.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <param name="maxCorrections">How often in a row the model may correct calls that cannot be used; 0 or more.</param>
    public static IServiceCollection AddKeyedVllmChatClient(
        this IServiceCollection services,
        object? serviceKey,
        string? model = null,
        int maxCorrections = VllmChatClientExtensions.DefaultMaxCorrections)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddKeyedSingleton(serviceKey, (provider, key) =>
            provider.GetRequiredKeyedService<VllmInferenceAdapter>(key).AsIChatClient(model, maxCorrections));
    }
}
