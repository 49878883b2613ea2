using Polly;

namespace VllmAdapter;

/// <summary>How a registered adapter's pipeline is made, once, when the adapter is.</summary>
internal sealed class ConfiguredPipeline(Action<ResiliencePipelineBuilder> configure)
{
    public ResiliencePipeline Build(TimeProvider? clock)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = clock };
        configure(builder);
        return builder.Build();
    }
}
