using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter;

/// <summary>
/// The options of a registered adapter as they were when it was made. Handlers are renewed while it runs; a configuration that was reloaded
/// meanwhile, with a mistake in it perhaps, must not reach them.
/// </summary>
internal sealed class SettledOptions(VllmAdapterOptions options)
{
    private readonly VllmAdapterOptions _options = options.Copy();

    public TimeLimits TimeLimits => _options.TimeLimits;

    /// <summary>The options, with the pipeline that was configured for the adapter, if one was.</summary>
    public VllmAdapterOptions With(IServiceProvider provider, string name)
    {
        VllmAdapterOptions settled = _options.Copy();
        if (provider.GetKeyedServices<ConfiguredPipeline>(name).LastOrDefault() is { } pipeline)
            settled.ResiliencePipeline = pipeline.Build(provider.GetService<TimeProvider>());

        return settled;
    }
}
