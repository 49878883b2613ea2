using System.Net;

namespace VllmAdapter.Testing;

/// <summary>One way in which an answer ends in the wild: what the server sends, who reported it, and what must result from it.</summary>
/// <remarks>Immutable and thread-safe; can be run any number of times. <see cref="Scenarios.All"/> has those that are known.</remarks>
/// <example>
/// <code>
/// ScenarioResult result = await scenario.RunAsync(ScenarioTransports.InMemory, inner => new MyHandler { InnerHandler = inner });
/// result.EnsureAsExpected();
/// </code>
/// </example>
public sealed record Scenario
{
    /// <summary>What happens, in a few words; no two of <see cref="Scenarios.All"/> have the same.</summary>
    public required string Name { get; init; }

    /// <summary>The name as it stands in an address: small letters, digits and dashes.</summary>
    public string Id => ScenarioJson.IdOf(Name);

    /// <summary>Where it was seen: reports such as <c>vllm#58228</c>, recorded servers such as <c>recorded 0.8.5</c> (of vLLM), the project that stumbled over it, or a standard.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>What is asked.</summary>
    public required ChatRequest Request { get; init; }

    /// <summary>What the server does.</summary>
    public required ScriptedReply Reply { get; init; }

    /// <summary>What must come of it.</summary>
    public required ExpectedEnd Expected { get; init; }

    /// <summary>What it can be carried by.</summary>
    /// <value>All, unless a transport itself stands in the way.</value>
    public ScenarioTransports Transports { get; init; } = ScenarioTransports.All;

    /// <summary>The release that answers.</summary>
    /// <value>vLLM 0.32.0.</value>
    public VllmProfile Profile { get; init; } = VllmProfile.V0_33;

    /// <summary>Sets the options that the scenario uses, such as short time limits where a silence is its point.</summary>
    /// <value>One attempt, for a scenario is one reply; everything else is left at the defaults.</value>
    public Action<VllmAdapterOptions> Configure
    {
        get;
        init => field = options =>
        {
            AskOnce(options);
            value(options);
        };
    } = AskOnce;

    private static void AskOnce(VllmAdapterOptions options) => options.Resilience.MaxAttempts = 1;

    /// <summary>A server in memory that plays the scenario, for code of your own: an agent, another client, a whole application.</summary>
    /// <param name="timeProvider">The clock that it goes by; the system's by default.</param>
    public FakeVllm CreateServer(TimeProvider? timeProvider = null) => FakeVllm.InMemory(OptionsFor(timeProvider), Reply);

    /// <summary>A server on a free port of this machine that plays the scenario, for code of your own.</summary>
    public Task<FakeVllm> StartServerAsync() => FakeVllm.StartAsync(OptionsFor(clock: null), Reply);

    /// <summary>Plays the scenario through a handler chain of yours, against a server of its own.</summary>
    /// <param name="transport">One transport, of those in <see cref="Transports"/>.</param>
    /// <param name="chain">Puts your handlers around the innermost one; none by default.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ArgumentException">The scenario is not for this transport.</exception>
    public async Task<ScenarioResult> RunAsync(
        ScenarioTransports transport = ScenarioTransports.InMemory,
        Func<HttpMessageHandler, HttpMessageHandler>? chain = null,
        CancellationToken cancellationToken = default)
    {
        if (!Transports.HasFlag(transport))
            throw new ArgumentException($"\"{Name}\" is for {Transports}, not for {transport}.", nameof(transport));

        FakeVllm vllm = transport == ScenarioTransports.InMemory ? CreateServer() : await StartServerAsync().ConfigureAwait(false);
        await using (vllm.ConfigureAwait(false))
        {
            HttpMessageHandler innermost = vllm.CreateHandler();
            bool isHttp2 = transport == ScenarioTransports.Http2;
            using var http = new HttpClient(chain is null ? innermost : chain(innermost))
            {
                BaseAddress = isHttp2 ? vllm.Http2Endpoint : vllm.Endpoint,
                DefaultRequestVersion = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Timeout = Timeout.InfiniteTimeSpan,
            };
            var options = new VllmAdapterOptions();
            Configure(options);
            return await RunAsync(new VllmInferenceAdapter(http, options), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks through an adapter of yours, which must speak to a server that plays the scenario.</summary>
    /// <param name="adapter">The adapter, with the options that <see cref="Configure"/> sets: <c>server.CreateAdapter(scenario.Configure)</c>.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<ScenarioResult> RunAsync(VllmInferenceAdapter adapter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ChatStream stream = adapter.StreamChatAsync(Request, cancellationToken);
        List<ChatChunk> chunks = [];
        Exception? thrown = null;
        try
        {
            await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
                chunks.Add(chunk);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            thrown = failure;
        }

        return new ScenarioResult
        {
            Scenario = this,
            Chunks = chunks,
            Answer = chunks.Exists(chunk => chunk.Outcome is not null) ? stream.Answer : null,
            Thrown = thrown,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({string.Join(", ", Sources)})";

    private FakeVllmOptions OptionsFor(TimeProvider? clock) => new() { Profile = Profile, Model = null, TimeProvider = clock ?? TimeProvider.System };
}
