using System.Collections.Concurrent;

namespace VllmAdapter.Testing;

/// <summary>Every scenario on one port, for tests of any client in any language.</summary>
/// <remarks>
/// <para>
/// <c>POST /scenarios/{id}/v1/chat/completions</c> plays one, and so does <c>POST /v1/chat/completions</c> with the header <c>X-Scenario</c>.
/// <c>GET /scenarios</c> lists them: what to ask, and what a careful client concludes. What names no scenario is answered by a
/// <see cref="FakeVllm"/>.
/// </para>
/// <para>Thread-safe.</para>
/// </remarks>
/// <example>
/// <code>
/// await using ScenarioServer server = await ScenarioServer.StartAsync();
/// Uri baseUrl = server.EndpointOf(Scenarios.Find("the-connection-is-reset")!);   // for an OpenAI client: append "v1"
/// </code>
/// </example>
public sealed class ScenarioServer : IAsyncDisposable
{
    /// <summary>The request header that names a scenario.</summary>
    public const string HeaderName = "X-Scenario";

    private const string Root = "/scenarios";
    private readonly ConcurrentDictionary<string, FakeVllm> _playing = new(StringComparer.Ordinal);
    private readonly FakeVllm _others;
    private readonly TimeProvider _clock;
    private readonly string _list;
    private Loopback? _loopback;

    private ScenarioServer(FakeVllm others, TimeProvider clock, string list) => (_others, _clock, _list) = (others, clock, list);

    /// <summary>Where it is to be found by clients of HTTP/1.1.</summary>
    public Uri Endpoint => _loopback!.Http1;

    /// <summary>Where it is to be found by clients that speak HTTP/2 in clear text.</summary>
    public Uri Http2Endpoint => _loopback!.Http2;

    /// <summary>Every request received so far that named no scenario, in order.</summary>
    public IReadOnlyList<ReceivedRequest> OtherRequests => _others.Requests;

    /// <summary>Starts it on a port of this machine.</summary>
    /// <param name="options">How the server is set up that answers what names no scenario, and where all of it listens; as usual by default.</param>
    /// <param name="otherwise">What is answered to chat requests that name no scenario; without any, a small model of its own answers.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="FakeVllmOptions.Port"/> is none.</exception>
    /// <exception cref="IOException"><see cref="FakeVllmOptions.Port"/> is taken.</exception>
    public static async Task<ScenarioServer> StartAsync(
        FakeVllmOptions? options = null, ScriptedReply? otherwise = null, CancellationToken cancellationToken = default)
    {
        options ??= new FakeVllmOptions();
        FakeVllm others = otherwise is null ? FakeVllm.InMemory(options) : FakeVllm.InMemory(options, otherwise);
        var server = new ScenarioServer(others, options.TimeProvider, await Scenarios.ToJsonAsync(cancellationToken).ConfigureAwait(false));
        server._loopback = await Loopback.StartAsync(options, server.Answer, cancellationToken).ConfigureAwait(false);
        return server;
    }

    /// <summary>The address of a server that plays this scenario, whatever is asked.</summary>
    public Uri EndpointOf(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return new Uri(Endpoint, PathOf(scenario) + "/");
    }

    /// <summary>Stops it: what is still open is reset.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_loopback is not null)
            await _loopback.DisposeAsync().ConfigureAwait(false);
        foreach (FakeVllm playing in _playing.Values)
            await playing.DisposeAsync().ConfigureAwait(false);
        await _others.DisposeAsync().ConfigureAwait(false);
    }

    internal static string PathOf(Scenario scenario) => $"{Root}/{scenario.Id}";

    private ReplyPlayback Answer(ReceivedRequest request)
    {
        if (request.Path is Root or Root + "/")
            return Says(200, _list, "application/json");

        string? name = request.Headers.GetValueOrDefault(HeaderName);
        string path = request.Path;
        if (path.StartsWith(Root + "/", StringComparison.Ordinal))
        {
            string[] parts = path[(Root.Length + 1)..].Split('/', 2);
            (name, path) = (parts[0], $"/{parts.ElementAtOrDefault(1)}");
        }

        if (name is null)
            return _others.Answer(request);
        return Scenarios.Find(name) is { } scenario
            ? _playing.GetOrAdd(scenario.Id, _ => scenario.CreateServer(_clock)).Answer(request with { Path = path })
            : Says(404, $"There is no scenario \"{name}\". GET {Root} lists all {Scenarios.All.Count}.\n", "text/plain; charset=utf-8");
    }

    private ReplyPlayback Says(int status, string body, string type) =>
        new(ReplyRendering.Plain(Script.Replies(status, body, type), VllmProfile.V0_33), _clock, ticket: null);
}
