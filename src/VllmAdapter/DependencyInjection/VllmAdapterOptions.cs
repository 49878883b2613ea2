using Polly;

namespace VllmAdapter;

/// <summary>How an adapter reaches its server, and what it does when a request does not say otherwise.</summary>
/// <remarks>
/// May come from configuration (<c>services.AddVllmAdapter(configuration.GetSection("Vllm"))</c>), except for <see cref="ApiKeySource"/>,
/// <see cref="Termination"/>, <see cref="ResilienceOptions.AroundEachAttempt"/>, <see cref="ResiliencePipeline"/> and <see cref="ConfigurePrimaryHandler"/>.
/// A configuration that is reloaded reaches the calls that begin after it, and never those under way; if it cannot be used, the settings before
/// it stay and a warning is logged. Otherwise options are read once, when the adapter is made: later changes of the object do not reach it.
/// </remarks>
public sealed class VllmAdapterOptions
{
    /// <summary>The server's address, with or without <c>/v1</c>, such as <c>http://localhost:8000</c>; a path before it is kept.</summary>
    /// <remarks>
    /// Another version than <c>/v1</c> takes its place (<c>http://host/v3</c>), and so does what stands before a route that is written out
    /// (<c>http://host/api/chat/completions</c>). A user name, a password or a query cannot be used. <c>https+http://vllm</c> names a service, for clients with
    /// Microsoft.Extensions.ServiceDiscovery.
    /// </remarks>
    public Uri? Endpoint { get; set; }

    /// <summary>The model that requests use that name none; null lets the server choose its first one.</summary>
    public string? Model { get; set; }

    /// <summary>The key sent as <c>Authorization: Bearer</c>; null or empty for none. It is never logged.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Gives the key for each request, for keys that are renewed while the adapter runs: a token that expires, a file that is rewritten.</summary>
    /// <value>Null by default: <see cref="ApiKey"/>. If set, it takes precedence over that, and if it returns null no key is sent.</value>
    /// <remarks>
    /// <para>Asked before every attempt of every request, from several threads at once, so it should keep the key until that expires. The time
    /// that it takes counts as time of the request (<see cref="TimeLimits.Headers"/>), and its token ends with the request.</para>
    /// <para>What it throws reaches the caller as it is, and nothing is sent then. A header <c>Authorization</c> of the request
    /// (<see cref="RequestHeaders.Additional"/>) outranks it. The key is kept out of every text and log, as <see cref="ApiKey"/> is.</para>
    /// </remarks>
    /// <example>
    /// <code>
    /// options.ApiKeySource = async cancellationToken => (await credential.GetTokenAsync(context, cancellationToken)).Token;
    /// </code>
    /// </example>
    public Func<CancellationToken, ValueTask<string?>>? ApiKeySource { get; set; }

    /// <summary>The model's context window in tokens (<c>max_model_len</c>), if you know it: a cut can then be attributed to it.</summary>
    /// <value>
    /// Null by default: what the server reported, once <see cref="VllmServer.GetModelsAsync"/>, <see cref="VllmServer.PlanAsync"/> or a
    /// tokenization has asked it; unknown before.
    /// </value>
    public int? ContextWindow { get; set; }

    /// <summary>
    /// The most tokens of an answer that the server allows by a setting of its own (<c>max_new_tokens</c> in
    /// <c>--override-generation-config</c>), if you know it: a call that ends there may be cut.
    /// </summary>
    /// <value>1 or more; null by default.</value>
    public int? ServerMaxTokens { get; set; }

    /// <summary>How long to wait for what.</summary>
    public TimeLimits TimeLimits { get; set; } = new();

    /// <summary>When to stop reading a reply.</summary>
    /// <value>Null by default: the sentinel, the finish reasons, or the limits of <see cref="TimeLimits"/>.</value>
    public IStreamTerminationPolicy? Termination { get; set; }

    /// <summary>What to do with a stream that did not end the way an answer ends.</summary>
    /// <value><see cref="IncompleteStreamBehavior.Throw"/> by default.</value>
    public IncompleteStreamBehavior OnIncompleteStream { get; set; } = IncompleteStreamBehavior.Throw;

    /// <summary>How often the server reports the tokens spent.</summary>
    /// <value><see cref="UsageReporting.Continuous"/> by default: even a cut stream then has an exact lower bound.</value>
    public UsageReporting UsageReporting { get; set; } = UsageReporting.Continuous;

    /// <summary>The size of the largest event, or whole reply, that is read; larger ones are refused before they fill the memory.</summary>
    /// <value>16 MiB by default.</value>
    public int MaxEventBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The most that is read of one reply, counted after decompression; a longer one ends as <see cref="StreamVerdict.Malformed"/>, and keeps what came.</summary>
    /// <value>256 MiB by default: about 800,000 tokens, one per chunk. With many log probabilities a chunk is ten times as large.</value>
    public long MaxReplyBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Whether the server marks the end of its streams (<c>[DONE]</c>).</summary>
    /// <value>
    /// True by default: every vLLM does, so a stream that ends in order with neither a finish reason for every choice nor the sentinel was cut, and
    /// something on the way closed it (Caddy before 2.8, HAProxy towards HTTP/2 clients, lighttpd and Portkey do so). False: such an end says
    /// nothing, and is <see cref="StreamVerdict.Unconfirmed"/>.
    /// </value>
    public bool ExpectsSentinel { get; set; } = true;

    /// <summary>
    /// Whether the context window is asked for (<c>/v1/models</c>), once and beside the first request that declares tools, where nothing has
    /// told it yet: a call that the window cut cannot be told from a whole one without it.
    /// </summary>
    /// <value>
    /// Null by default: yes, but not on an <see cref="HttpClient"/> that the caller provided.
    /// </value>
    public bool? LearnContextWindow { get; set; }

    /// <summary>What to do with a request that sets a field which the server does not know: vLLM silently ignores such fields.</summary>
    /// <value>
    /// Null by default: <see cref="UnknownFieldBehavior.Note"/>, but <see cref="UnknownFieldBehavior.Off"/> on an <see cref="HttpClient"/> that the caller provided.
    /// </value>
    /// <remarks>
    /// The server is asked once (<c>/openapi.json</c>, and where that is switched off, <c>/version</c>), beside the first request that sets a field which not
    /// every version knows. Only top-level fields are looked at, and a request that is sent unchecked (<see cref="ChatRequest.SendUnchecked"/>) is not.
    /// </remarks>
    public UnknownFieldBehavior? UnknownFields { get; set; }

    /// <summary>Whether an image with an id (<see cref="ImagePart.Uuid"/>) is sent as that id alone once the server has it, as on the later turns of a conversation.</summary>
    /// <value>
    /// False by default. Needs vLLM 0.11 or later with its cache for media. Where the server has dropped an image meanwhile, the request goes out
    /// again with all of them, which counts as an attempt, whatever <see cref="ResilienceOptions.MaxAttempts"/> is.
    /// </value>
    /// <remarks>
    /// What the server has is remembered by this adapter, for up to 10,000 images. Of several servers behind one address each has its own cache: leave it
    /// off there, unless the router keeps a conversation on one of them. <see cref="VllmTelemetry.Instruments.ImageBytesSaved"/> counts what it saves.
    /// </remarks>
    public bool SendImagesOnce { get; set; }

    /// <summary>How often a request is retried before its answer begins, and how many answers may be under way at once.</summary>
    /// <value>Up to 3 attempts by default.</value>
    public ResilienceOptions Resilience { get; set; } = new();

    /// <summary>A pipeline of your own around "send, and read the first event", instead of the one that <see cref="Resilience"/> describes.</summary>
    /// <value>Null by default.</value>
    /// <remarks>
    /// What it sees of a failed attempt is a <see cref="VllmRequestException"/>; handle those whose
    /// <see cref="VllmRequestException.IsRetryable"/> is true. It is not asked again once the first event has come, and
    /// <see cref="ResilienceOptions.MaxConcurrentStreams"/> holds as well.
    /// </remarks>
    public ResiliencePipeline? ResiliencePipeline { get; set; }

    /// <summary>Changes the HTTP handler that the adapter makes for itself: certificates of the client (mutual TLS), a proxy, a name server.</summary>
    /// <value>Null by default. Called once for each handler, after the adapter has set it up, so what you leave alone keeps the value that suits vLLM.</value>
    /// <remarks>
    /// Not called for an <see cref="HttpClient"/> that the caller provided, nor where a registered client was given a different kind of primary handler. See
    /// <see cref="Microsoft.Extensions.DependencyInjection.VllmAdapterBuilderExtensions.ConfigurePrimaryHandler(Microsoft.Extensions.DependencyInjection.IVllmAdapterBuilder, Action{SocketsHttpHandler})"/>
    /// for adapters in a host.
    /// </remarks>
    /// <example>
    /// <code>
    /// var options = new VllmAdapterOptions { ConfigurePrimaryHandler = handler => handler.SslOptions.ClientCertificates = [certificate] };
    /// </code>
    /// </example>
    public Action<SocketsHttpHandler>? ConfigurePrimaryHandler { get; set; }

    /// <summary>Whether nothing differs: of two reloads in a row the second one mostly changes nothing.</summary>
    internal bool IsLike(VllmAdapterOptions other) =>
        (Endpoint, Model, ApiKey, ContextWindow, ServerMaxTokens, Termination, OnIncompleteStream)
            == (other.Endpoint, other.Model, other.ApiKey, other.ContextWindow, other.ServerMaxTokens, other.Termination, other.OnIncompleteStream)
        && (UsageReporting, MaxEventBytes, MaxReplyBytes, ExpectsSentinel, LearnContextWindow, ResiliencePipeline, ConfigurePrimaryHandler)
            == (other.UsageReporting, other.MaxEventBytes, other.MaxReplyBytes, other.ExpectsSentinel, other.LearnContextWindow, other.ResiliencePipeline, other.ConfigurePrimaryHandler)
        && (UnknownFields, SendImagesOnce) == (other.UnknownFields, other.SendImagesOnce)
        && TimeLimits.IsLike(other.TimeLimits)
        && Resilience.MaxConcurrentStreams == other.Resilience.MaxConcurrentStreams
        && Resilience.HasPipelineOf(other.Resilience);

    // Of everything that can be changed, so that an adapter keeps what it was made with.
    internal VllmAdapterOptions Copy()
    {
        var copy = (VllmAdapterOptions)MemberwiseClone();
        copy.TimeLimits = TimeLimits?.Copy()!;
        copy.Resilience = Resilience?.Copy()!;
        return copy;
    }
}
