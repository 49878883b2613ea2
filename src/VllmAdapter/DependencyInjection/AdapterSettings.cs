using Microsoft.Extensions.Logging;

namespace VllmAdapter;

/// <summary>All that an adapter makes of its options. A call keeps to those that it began under; a reload makes new ones for the next.</summary>
internal sealed class AdapterSettings
{
    private readonly Func<HttpClient> _client;
    private readonly Uri _endpoint;
    private readonly ILogger _logger;
    private readonly AdapterLifetime _lifetime;

    /// <exception cref="ArgumentException">The address cannot be used; the options were checked before.</exception>
    public AdapterSettings(
        Uri endpoint,
        VllmAdapterOptions options,
        Func<HttpClient> client,
        TimeProvider clock,
        ILogger logger,
        AdapterLifetime lifetime,
        AdapterSettings? before = null)
    {
        (_endpoint, _client, _logger, _lifetime, Options) = (endpoint, client, logger, lifetime, options.Copy());
        Transport = new VllmTransport(client, new VllmEndpoint(endpoint), Options.ApiKey, clock, Options.ApiKeySource, logger, lifetime);
        Termination = Options.Termination ?? Options.TimeLimits.ToPolicy();
        (Resilience, Slots) = Shared(before);
        ServerState? same = before?._endpoint == endpoint ? before.Server : null;
        Server = new ServerState(Options, Transport, same?.Windows, same?.Fields, same?.Images);
    }

    public VllmAdapterOptions Options { get; }

    public VllmTransport Transport { get; }

    public IStreamTerminationPolicy Termination { get; }

    public AttemptPipeline Resilience { get; }

    public StreamSlots? Slots { get; }

    public ServerState Server { get; }

    /// <summary>The settings after a reload, which go on with what these have counted where nothing of it was changed.</summary>
    /// <exception cref="ArgumentException">The address or an option cannot be used; the message names it.</exception>
    public AdapterSettings After(VllmAdapterOptions options)
    {
        VllmAdapterOptionsValidator.ThrowIfInvalid(options);
        return new(options.Endpoint ?? _endpoint, options, _client, Transport.Clock, _logger, _lifetime, this);
    }

    // An open circuit stays open, and answers under way keep their places, when something else in the configuration changes.
    private (AttemptPipeline Pipeline, StreamSlots? Slots) Shared(AdapterSettings? before)
    {
        ResilienceOptions now = Options.Resilience;
        bool isSamePipeline = before is not null && before._endpoint == _endpoint && now.HasPipelineOf(before.Options.Resilience);
        bool isSamePlaces = before is not null && now.MaxConcurrentStreams == before.Options.Resilience.MaxConcurrentStreams;
        return (
            Options.ResiliencePipeline is { } given ? new AttemptPipeline(given)
                : isSamePipeline && before!.Options.ResiliencePipeline is null ? before.Resilience
                : new AttemptPipeline(now, Transport.Clock),
            isSamePlaces ? before!.Slots : now.MaxConcurrentStreams is { } most ? StreamSlots.Of(most, Transport.Clock, _logger) : null);
    }
}
