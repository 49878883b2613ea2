using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace VllmAdapter;

/// <summary>Asks a vLLM server for chat answers, and says of each how it ended and what that is based on.</summary>
/// <remarks>
/// <para>Thread-safe and meant to live long: one instance serves any number of streams at once.</para>
/// <para>Dispose it when it is no longer needed, if it made its HTTP client itself; a container does so with the one that it registered.</para>
/// <para>bytes -> events -> chunks -> judgement -> outcome; the steps are in <c>StreamPump</c>.</para>
/// </remarks>
/// <example>
/// <code>
/// var adapter = new VllmInferenceAdapter("http://localhost:8000");
///
/// await foreach (ChatChunk chunk in adapter.StreamChatAsync("Tell me about llamas."))
/// {
///     Console.Write(chunk.Text);
///     if (chunk.Outcome is { } outcome)
///         Console.WriteLine(outcome.Explain());
/// }
/// </code>
/// </example>
public sealed partial class VllmInferenceAdapter : IVllmChat, IDisposable
{
    private readonly ILogger _logger;
    private readonly HttpClient? _ownClient;
    private readonly AdapterLifetime _lifetime = new();
    private readonly bool _learnsByDefault = true;
    private volatile AdapterSettings _settings;

    /// <summary>Makes an adapter with an HTTP client of its own.</summary>
    /// <param name="endpoint">The server's address, with or without <c>/v1</c>, such as <c>http://localhost:8000</c>.</param>
    /// <param name="options">Everything else, null for the defaults; its <see cref="VllmAdapterOptions.Endpoint"/> is not used.</param>
    /// <param name="timeProvider">Where time comes from; the system's clock by default.</param>
    /// <param name="logger">Where to log; nowhere by default.</param>
    /// <exception cref="ArgumentException">The address or an option cannot be used; the message names it.</exception>
    public VllmInferenceAdapter(
        string endpoint, VllmAdapterOptions? options = null, TimeProvider? timeProvider = null, ILogger<VllmInferenceAdapter>? logger = null)
        : this(VllmEndpoint.Parse(endpoint), options, timeProvider, logger)
    {
    }

    /// <summary>Makes an adapter with an HTTP client of its own.</summary>
    /// <param name="endpoint">The server's address, with or without <c>/v1</c>, such as <c>http://localhost:8000</c>.</param>
    /// <param name="options">Everything else, null for the defaults; its <see cref="VllmAdapterOptions.Endpoint"/> is not used.</param>
    /// <param name="timeProvider">Where time comes from; the system's clock by default.</param>
    /// <param name="logger">Where to log; nowhere by default.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names it.</exception>
    public VllmInferenceAdapter(
        Uri endpoint, VllmAdapterOptions? options = null, TimeProvider? timeProvider = null, ILogger<VllmInferenceAdapter>? logger = null)
        : this(endpoint, options ?? new VllmAdapterOptions(), client: null, timeProvider, logger)
    {
    }

    /// <summary>Makes an adapter on an HTTP client of the caller's, which it neither changes nor disposes.</summary>
    /// <param name="httpClient">
    /// The client. Its <see cref="HttpClient.Timeout"/> bounds the wait for the headers, so make it infinite or long; and let its handler follow no
    /// redirects (<see cref="HttpClientHandler.AllowAutoRedirect"/>), or the prompt and its headers go to whatever address a server names.
    /// </param>
    /// <param name="options">The options, null for the defaults; without an endpoint the client's base address is used.</param>
    /// <param name="timeProvider">Where time comes from; the system's clock by default.</param>
    /// <param name="logger">Where to log; nowhere by default.</param>
    /// <exception cref="ArgumentException">An option cannot be used, or there is no endpoint; the message names it.</exception>
    public VllmInferenceAdapter(
        HttpClient httpClient, VllmAdapterOptions? options = null, TimeProvider? timeProvider = null, ILogger<VllmInferenceAdapter>? logger = null)
        : this(EndpointOf(httpClient, options), options ?? new VllmAdapterOptions(), () => httpClient, timeProvider, logger)
    {
        _learnsByDefault = false;
    }

    internal VllmInferenceAdapter(
        Uri endpoint, VllmAdapterOptions options, Func<HttpClient>? client, TimeProvider? timeProvider, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        VllmAdapterOptionsValidator.ThrowIfInvalid(options);
        if (client is null && VllmEndpoint.IsNameOfService(endpoint))
            throw new ArgumentException($"Only service discovery finds {endpoint.Scheme} addresses. Register the adapter with AddVllmAdapter and AddServiceDiscovery, or give an http or https address.", nameof(endpoint));

        _logger = logger ?? NullLogger.Instance;
        _ownClient = client is null ? VllmHttpHandler.NewClient(options.TimeLimits, options.ConfigurePrimaryHandler) : null;
        _settings = new AdapterSettings(endpoint, options, client ?? (() => _ownClient!), timeProvider ?? TimeProvider.System, _logger, _lifetime);
        Server = new VllmServer(() => _settings.Server);
        Routes = new VllmRoutes(NewRouteCalls);
        ToolTelemetry = new ToolTelemetry(_logger, _settings.Transport.Clock);
    }

    /// <summary>What the server can be asked besides chats: models, health, tokens, and a plan before a request is sent.</summary>
    public VllmServer Server { get; }

    /// <summary>Any route of the server that the adapter has no method for.</summary>
    public VllmRoutes Routes { get; }

    /// <summary>The server's root address, without <c>/v1</c>.</summary>
    public Uri Endpoint => _settings.Transport.Endpoint.At("");

    /// <summary>The model of requests that name none; null if the server is to choose.</summary>
    public string? Model => _settings.Options.Model;

    internal ToolTelemetry ToolTelemetry { get; }

    /// <summary>Takes other options for the calls to come; those under way go on as they began.</summary>
    /// <exception cref="ArgumentException">An option cannot be used; nothing was changed.</exception>
    internal void Use(VllmAdapterOptions options) => _settings = _settings.After(options);

    /// <summary>Asks for an answer and hands it out as it comes.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <remarks>
    /// The enumeration throws <see cref="VllmRequestException"/> if the request never became a stream, and, after everything received was
    /// handed out, <see cref="IncompleteStreamException"/> if the stream did not end the way an answer ends (see <see cref="VllmAdapterOptions.OnIncompleteStream"/>).
    /// </remarks>
    public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ChatCall call = CallOf(request);
        return request.Recovery is { } recovery
            ? new ChatStream(enumeratorsToken => Recovering(request, recovery, call, cancellationToken, enumeratorsToken))
            : new ChatStream(enumeratorsToken => new StreamPump(call, cancellationToken, enumeratorsToken));
    }

    /// <summary>Asks one question and hands the answer out as it comes.</summary>
    /// <inheritdoc cref="StreamChatAsync(ChatRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public ChatStream StreamChatAsync(string prompt, CancellationToken cancellationToken = default) =>
        StreamChatAsync(ChatRequest.FromPrompt(prompt), cancellationToken);

    /// <summary>Asks for an answer and gathers it. It is streamed underneath, unless <see cref="ChatRequest.Stream"/> says otherwise.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end the way an answer ends; see <see cref="VllmAdapterOptions.OnIncompleteStream"/>.</exception>
    /// <exception cref="ChatCanceledException">The caller canceled; what came is in it.</exception>
    public Task<ChatAnswer> CompleteChatAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
        ChatStream.GatherAsync(this, request, cancellationToken);

    /// <summary>Asks one question and gathers the answer.</summary>
    /// <inheritdoc cref="CompleteChatAsync(ChatRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="ChatCanceledException"/>, and the generation on the server.</param>
    public Task<ChatAnswer> CompleteChatAsync(string prompt, CancellationToken cancellationToken = default) =>
        CompleteChatAsync(ChatRequest.FromPrompt(prompt), cancellationToken);

    /// <summary>Sends nothing from now on, and lets go of the HTTP client if the adapter made it itself.</summary>
    /// <remarks>
    /// A client of the caller's, or of a factory, is left alone. Answers under way come to their end; what is asked for afterwards is refused with
    /// <see cref="ObjectDisposedException"/>.
    /// </remarks>
    public void Dispose()
    {
        _lifetime.End();
        _ownClient?.Dispose();
    }

    private RecoveringReply Recovering(
        ChatRequest request, StreamRecovery recovery, ChatCall first, CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        long beganAt = _settings.Transport.Clock.GetTimestamp();
        return new RecoveringReply(request, recovery, first.OnIncompleteStream, (next, part) =>
        {
            ChatCall call = (part == 1 ? first : CallOf(next)) with
            {
                OnIncompleteStream = IncompleteStreamBehavior.Report,
                Part = part,
                BeganAt = beganAt,
            };
            return new StreamPump(call, callersToken, enumeratorsToken);
        });
    }

    // What is asked goes by the settings of its moment, to its end.
    private RouteCalls NewRouteCalls()
    {
        _lifetime.ThrowIfOver();
        return new RouteCalls(_settings, _logger);
    }

    // And so does what is streamed.
    private CallSetup NewSetup()
    {
        _lifetime.ThrowIfOver();
        return new CallSetup(_settings, _logger, _learnsByDefault);
    }

    private ChatCall CallOf(ChatRequest request)
    {
        CallSetup setup = NewSetup();
        VllmAdapterOptions options = setup.Options;
        request.Headers?.ThrowIfUnusable();
        ImagesOnce? images = options.SendImagesOnce ? new ImagesOnce(setup.Images) : null;
        using RequestBody body = ChatRequestBody.Build(request, options.Model, options.UsageReporting, images);
        if (RequestCheck.NoteOf(body.Json) is { } note)
            Log.RegexLooksWrong(_logger, note);

        string? model = body.Model;
        RequestEvidence asked = RequestEvidenceReading.Of(body.Json, setup.WindowOf(model), options.ServerMaxTokens);
        bool learns = options.LearnContextWindow ?? _learnsByDefault;
        return setup.NewCall(body.Utf8, asked, model, new CallWishes(VllmEndpoint.ChatCompletions, "chat")
        {
            IsWhole = !request.Stream,
            Images = images is { AreAny: true } ? images : null,
            Window = learns && asked is { Tools.Count: > 0, ContextWindow: null } ? new WindowQuestion(Server, model) : null,
            Fields = request.SendUnchecked ? null : setup.FieldsOf(body.Json),
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }

    private static Uri EndpointOf(HttpClient httpClient, VllmAdapterOptions? options)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        return options?.Endpoint ?? httpClient.BaseAddress ?? throw new ArgumentException(
            "There is no endpoint. Set VllmAdapterOptions.Endpoint or the client's BaseAddress, such as http://localhost:8000.", nameof(options));
    }
}
