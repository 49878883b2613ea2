using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;

namespace VllmAdapter;

/// <summary>Asks a vLLM server for chat answers, and says of each how it ended and what that rests on.</summary>
/// <remarks>
/// <para>Thread-safe and meant to live long: one instance serves any number of streams at once.</para>
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
public sealed class VllmInferenceAdapter
{
    private readonly VllmAdapterOptions _options;
    private readonly VllmTransport _transport;
    private readonly IStreamTerminationPolicy _termination;
    private readonly ResiliencePipeline _resilience;
    private readonly StreamSlots? _slots;
    private readonly ILogger _logger;
    private readonly bool _learnsWindows;

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
        _learnsWindows = _options.LearnContextWindow is true;
    }

    internal VllmInferenceAdapter(
        Uri endpoint, VllmAdapterOptions options, Func<HttpClient>? client, TimeProvider? timeProvider, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Copy();
        VllmAdapterOptionsValidator.ThrowIfInvalid(_options);
        _termination = _options.Termination ?? _options.TimeLimits.ToPolicy();
        _logger = logger ?? NullLogger.Instance;
        _transport = new VllmTransport(
            client ?? VllmHttpHandler.NewClient(_options.TimeLimits), new VllmEndpoint(endpoint), _options.ApiKey, timeProvider ?? TimeProvider.System);
        _resilience = _options.ResiliencePipeline ?? DefaultPipeline.Build(_options.Resilience, _transport.Clock);
        _slots = _options.Resilience.MaxConcurrentStreams is { } most ? StreamSlots.Of(most, _transport.Clock, _logger) : null;
        _learnsWindows = _options.LearnContextWindow is not false;
        Server = new VllmServer(_options, _transport);
        ToolTelemetry = new ToolTelemetry(_logger, _transport.Clock);
    }

    /// <summary>What the server can be asked beside chats: models, health, tokens, and a plan before a request is sent.</summary>
    public VllmServer Server { get; }

    /// <summary>The server's root address, without <c>/v1</c>.</summary>
    public Uri Endpoint => _transport.Endpoint.At("");

    /// <summary>The model of requests that name none; null if the server is to choose.</summary>
    public string? Model => _options.Model;

    /// <summary>What is done about incomplete streams when a request does not say.</summary>
    internal IncompleteStreamBehavior OnIncompleteStream => _options.OnIncompleteStream;

    internal ToolTelemetry ToolTelemetry { get; }

    /// <summary>Asks for an answer and hands it out as it comes.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <returns>The stream; nothing is sent before it is enumerated.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <remarks>
    /// The enumeration throws <see cref="VllmRequestException"/> if the request never became a stream, and, after everything received was
    /// handed out, <see cref="IncompleteStreamException"/> if the stream did not end as an answer ends (see <see cref="OnIncompleteStream"/>).
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
    /// <inheritdoc cref="StreamChatAsync(ChatRequest, CancellationToken)"/>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public ChatStream StreamChatAsync(string prompt, CancellationToken cancellationToken = default) =>
        StreamChatAsync(ChatRequest.FromPrompt(prompt), cancellationToken);

    /// <summary>Asks for an answer and gathers it. It is streamed underneath, unless <see cref="ChatRequest.Stream"/> says otherwise.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="VllmRequestException">The request never became a stream.</exception>
    /// <exception cref="IncompleteStreamException">The stream did not end as an answer ends; see <see cref="OnIncompleteStream"/>.</exception>
    public async Task<ChatAnswer> CompleteChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ChatStream stream = StreamChatAsync(request, cancellationToken);
        await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
        {
            // The stream gathers by itself.
        }

        return stream.Answer;
    }

    /// <summary>Asks one question and gathers the answer.</summary>
    /// <inheritdoc cref="CompleteChatAsync(ChatRequest, CancellationToken)"/>
    /// <param name="prompt">What the user says.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public Task<ChatAnswer> CompleteChatAsync(string prompt, CancellationToken cancellationToken = default) =>
        CompleteChatAsync(ChatRequest.FromPrompt(prompt), cancellationToken);

    private RecoveringReply Recovering(
        ChatRequest request, StreamRecovery recovery, ChatCall first, CancellationToken callersToken, CancellationToken enumeratorsToken)
    {
        long beganAt = _transport.Clock.GetTimestamp();
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

    private ChatCall CallOf(ChatRequest request)
    {
        request.Headers?.ThrowIfUnusable();
        JsonObject json = ChatRequestBody.Build(request, _options.Model, _options.UsageReporting);
        byte[] body = ChatRequestBody.ToUtf8(json);
        if (RequestCheck.NoteOf(json) is { } note)
            Log.RegexLooksWrong(_logger, note);
        bool isWhole = !request.Stream;
        string? model = ChatRequestBody.ModelOf(json);
        RequestEvidence asked = RequestEvidenceReading.Of(body, _options.ContextWindow ?? Server.Windows.Of(model), _options.ServerMaxTokens);
        return new ChatCall
        {
            Transport = _transport,
            Body = body,
            Evidence = asked,
            Window = _learnsWindows && asked is { Tools.Count: > 0, ContextWindow: null } ? new WindowQuestion(Server, model) : null,
            Termination = request.Termination ?? _termination,
            OnIncompleteStream = request.OnIncompleteStream ?? OnIncompleteStream,
            MaxEventBytes = _options.MaxEventBytes,
            MaxReplyBytes = _options.MaxReplyBytes,
            ExpectsSentinel = _options.ExpectsSentinel,
            Secrets = _transport.Keys.With(request.Headers),
            HeadersLimit = isWhole ? null : _options.TimeLimits.Headers,
            AsksForWholeReply = isWhole,
            Headers = request.Headers,
            Model = model,
            Resilience = _resilience,
            Slots = _slots,
            NewRequestId = RequestIds.Next,
            Logger = _logger,
        };
    }

    private static Uri EndpointOf(HttpClient httpClient, VllmAdapterOptions? options)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        return options?.Endpoint ?? httpClient.BaseAddress ?? throw new ArgumentException(
            "There is no endpoint. Set VllmAdapterOptions.Endpoint or the client's BaseAddress, such as http://localhost:8000.", nameof(options));
    }
}
