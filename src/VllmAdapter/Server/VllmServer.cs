using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>What a vLLM server can be asked besides chats: its models, state and tokens, and what it would do with a request.</summary>
/// <remarks>
/// <para>Thread-safe. Works with vLLM 0.8.5 to 0.33.0. Each method asks once and nothing is retried, within
/// <see cref="TimeLimits.ServerCall"/>; only a request whose connection the server had just closed goes out once more.</para>
/// <para>Once models, tokens or a plan have reported the context window of a model, the adapter uses it for later requests to that model
/// where <see cref="VllmAdapterOptions.ContextWindow"/> is not set.</para>
/// <para>Every method throws <see cref="VllmRequestException"/> if the server cannot be reached or refuses;
/// <see cref="RequestFailure.RouteNotFound"/> means that this server, or a gateway before it, lacks the endpoint.</para>
/// </remarks>
public sealed class VllmServer
{
    private readonly Func<ServerState> _now;

    /// <param name="now">How the server is reached, asked again for every call: settings may change while the adapter lives.</param>
    internal VllmServer(Func<ServerState> now)
    {
        _now = now;
        Administration = new ServerAdministration(now);
    }

    /// <summary>What the server's operator may do with it: sleep, pause, end requests, empty caches. Needs a server in development mode.</summary>
    public ServerAdministration Administration { get; }

    internal FieldLearning Fields => _now().Fields;

    internal ContextWindows Windows => _now().Windows;

    private VllmAdapterOptions Settings => _now().Options;

    private ServerCalls Calls => _now().Calls;

    /// <summary>Asks for the models once, however many requests need a window. Never fails, and takes no longer than a call may.</summary>
    internal Task LearnWindowsAsync() => _now().LearnWindowsAsync();

    /// <summary>Lists the models and LoRA adapters that are served.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VllmRequestException">The server did not answer, or refused.</exception>
    public Task<IReadOnlyList<ModelCard>> GetModelsAsync(CancellationToken cancellationToken = default) => _now().GetModelsAsync(cancellationToken);

    /// <summary>Asks for the release that the server runs.</summary>
    /// <inheritdoc cref="GetModelsAsync"/>
    public Task<ServerVersion> GetVersionAsync(CancellationToken cancellationToken = default) => _now().GetVersionAsync(cancellationToken);

    /// <summary>Asks whether the server's engine is alive. If it does not, that is an answer; if nobody answers, that is an exception.</summary>
    /// <inheritdoc cref="GetModelsAsync"/>
    public async Task<ServerHealth> CheckHealthAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            string answer = await Calls.AskTextAsync(Get(VllmEndpoint.Health), cancellationToken).ConfigureAwait(false);
            string? problem = HealthAnswer.ProblemOf(answer, _now().Transport.Keys);
            return new ServerHealth { IsHealthy = problem is null, Reason = problem };
        }
        catch (VllmRequestException refused) when ((int?)refused.StatusCode is >= 500 and not 501)
        {
            return new ServerHealth { IsHealthy = false, Reason = refused.Message };
        }
    }

    /// <summary>Asks how many requests the server is answering.</summary>
    /// <returns>The number; always 0 unless the server was started with <c>--enable-server-load-tracking</c>. See <see cref="GetMetricsAsync"/>.</returns>
    /// <inheritdoc cref="GetModelsAsync"/>
    public async Task<int> GetLoadAsync(CancellationToken cancellationToken = default)
    {
        LoadJson answer = await Calls
            .AskAsync(Get(VllmEndpoint.Load, "a number of requests"), ServerJsonContext.Default.LoadJson, cancellationToken).ConfigureAwait(false);
        return answer.ServerLoad;
    }

    /// <summary>Takes a snapshot of the server's metrics.</summary>
    /// <inheritdoc cref="GetModelsAsync"/>
    public async Task<ServerMetrics> GetMetricsAsync(CancellationToken cancellationToken = default) =>
        ServerMetrics.Parse(await Calls.AskTextAsync(Get(VllmEndpoint.Metrics), cancellationToken).ConfigureAwait(false));

    /// <summary>Finds out which routes the server offers, without having its model do anything.</summary>
    /// <param name="cancellationToken">Ends the calls with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Yes, no or not known for every route that the adapter knows of.</returns>
    /// <exception cref="VllmRequestException">Nothing answers at the address.</exception>
    /// <remarks>
    /// <para>Costs about 20 short calls to vLLM 0.16 and later, and up to 45 to older ones; keep the answer, it is valid as long as the server runs. It asks for <c>/openapi.json</c> and <c>/version</c>, and tries with GET what
    /// that does not list. Where a route lies on servers of other models too (all of them before 0.16), a request with an empty input is sent, which
    /// every server refuses: for its model, or for the input.</para>
    /// <para>For a gateway, only what it lacks itself can be determined.</para>
    /// </remarks>
    public async Task<ServerCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken = default)
    {
        ServerState now = _now();
        ServerVersion? version = await OptionalAnswer.IfAnsweredAsync(now.GetVersionAsync(cancellationToken)).ConfigureAwait(false);
        ApiDescription? description = await OptionalAnswer.IfAnsweredAsync(now.GetDescriptionAsync(cancellationToken)).ConfigureAwait(false);
        return await new CapabilitySurvey(now).MakeAsync(version, description, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds out what the server is doing, for when answers do not come: it works, is idle, sleeps, is paused, hangs or is dead.</summary>
    /// <param name="over">How far apart two snapshots of the metrics are taken; 5 seconds by default. One step of a large model may take that long.</param>
    /// <param name="cancellationToken">Ends the calls with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What it is doing, and what that is based on.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive, or longer than 24 days.</exception>
    /// <exception cref="VllmRequestException">The server did not answer <c>/health</c>, or refused.</exception>
    /// <remarks>
    /// Costs up to five short calls, runs nothing, and changes nothing. A server that sleeps or is paused accepts chats and answers nothing, not even
    /// headers, while <c>/health</c> stays 200 (vLLM 0.32.0); only the routes of development mode and, for sleep, newer metrics tell.
    /// </remarks>
    public Task<ServerDiagnosis> DiagnoseAsync(TimeSpan? over = null, CancellationToken cancellationToken = default)
    {
        TimeSpan apart = over ?? ServerDiagnosis.UsualSpan;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(apart, TimeSpan.Zero, nameof(over));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(apart, TimeSpan.FromDays(24), nameof(over));
        return ServerDiagnosis.MakeAsync(this, apart, _now().Transport.Clock, cancellationToken);
    }

    /// <summary>Splits a plain text into tokens, without a chat template.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VllmRequestException">The server did not answer, or refused.</exception>
    public Task<TokenizeResult> TokenizeAsync(string text, TokenizeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PromptCalls.TokenizeAsync(_now(), text, options, cancellationToken);
    }

    /// <summary>Splits the prompt that a chat request becomes into tokens.</summary>
    /// <param name="request">The request; what its prompt does not depend on is left out.</param>
    /// <param name="withTexts">Whether to return the texts of the tokens too.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="VllmRequestException">The server did not answer, or refused.</exception>
    /// <remarks>
    /// No length is too long. The count is only a lower bound where the endpoint knows less than the chat: vLLM 0.8.5 leaves out the
    /// tools, and every version the reasoning effort, documents, and what images, audio and video expand to.
    /// </remarks>
    public Task<TokenizeResult> TokenizeAsync(ChatRequest request, bool withTexts = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return PromptCalls.TokenizeAsync(_now(), request, withTexts, cancellationToken);
    }

    /// <summary>Puts tokens together to text.</summary>
    /// <param name="tokenIds">The ids of the tokens.</param>
    /// <param name="model">The model whose tokenizer to use; null for the adapter's own, and without one the server's first.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VllmRequestException">The server did not answer, or refused.</exception>
    public Task<string> DetokenizeAsync(IReadOnlyList<int> tokenIds, string? model = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokenIds);
        return PromptCalls.DetokenizeAsync(_now(), tokenIds, model, cancellationToken);
    }

    /// <summary>Asks what the engine would receive for a chat request, without running it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, or refused. <see cref="RequestFailure.RouteNotFound"/> before vLLM 0.15, and as long as the server runs
    /// without <c>--enable-scale-out</c> (it answers 403 then).
    /// </exception>
    public Task<RenderedPrompt> RenderAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return PromptCalls.RenderAsync(_now(), request, cancellationToken);
    }

    /// <summary>Finds out, before a request is sent, how long its prompt is, how much room that leaves, and what becomes of its max tokens.</summary>
    /// <param name="request">The request; it is not run.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The plan. <see cref="RequestPlan.Source"/> says what it is based on: the render endpoint, else the tokenizer, else nothing.</returns>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, or refused the request for a reason other than its length. A missing endpoint is not an exception
    /// here, and that the request does not fit is a plan.
    /// </exception>
    /// <remarks>Costs one to four short calls, and no generation.</remarks>
    public Task<RequestPlan> PlanAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new RequestPlanning(_now()).MakeAsync(request, cancellationToken);
    }

    /// <summary>Loads a LoRA adapter into the running server, under a name to ask for.</summary>
    /// <param name="name">The name to ask for.</param>
    /// <param name="path">Where the server finds the weights: a path on its side, or a hub name.</param>
    /// <param name="replace">
    /// Whether to reload it if the name is taken (<c>load_inplace</c>, vLLM 0.15 and later; older servers still refuse a name that is taken).
    /// </param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>; the server may go on loading.</param>
    /// <returns>What the server says about it, in its own words.</returns>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, or refused. <see cref="RequestFailure.RouteNotFound"/> unless it runs with <c>--enable-lora</c> and
    /// <c>VLLM_ALLOW_RUNTIME_LORA_UPDATING</c>; <see cref="RequestFailure.BadRequest"/> if the adapter is at fault: nothing lies at the path, its rank is over
    /// <c>--max-lora-rank</c>, it was made for another model, or it has no weights (vLLM 0.32.0 answers 500 to the last three).
    /// </exception>
    public Task<string> LoadLoraAsync(string name, string path, bool replace = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var body = new LoadLoraJson(name, path, replace ? true : null);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, ServerJsonContext.Default.LoadLoraJson);
        return Calls.AskTextAsync(
            Post(VllmEndpoint.LoadLora, json) with { Limit = Settings.TimeLimits.Headers }, cancellationToken);
    }

    /// <summary>Unloads a LoRA adapter from the running server.</summary>
    /// <param name="name">The name under which it was loaded.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What the server says about it, in its own words.</returns>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, or refused. <see cref="RequestFailure.RouteNotFound"/> unless it runs with
    /// <c>VLLM_ALLOW_RUNTIME_LORA_UPDATING</c>.
    /// </exception>
    public Task<string> UnloadLoraAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new UnloadLoraJson(name), ServerJsonContext.Default.UnloadLoraJson);
        return Calls.AskTextAsync(Post(VllmEndpoint.UnloadLora, json), cancellationToken);
    }

    /// <summary>Several servers like this one, for calls that must reach each of them: a router passes a call to one.</summary>
    /// <param name="endpoints">Their addresses, past the router, such as <c>http://vllm-0:8000</c>.</param>
    /// <returns>The servers, to be asked all at once with the adapter's key and time limits.</returns>
    /// <exception cref="ArgumentException">An address cannot be used; the message names it.</exception>
    public VllmReplicas Replicas(params string[] endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return Replicas(endpoints.Select(VllmEndpoint.Parse));
    }

    /// <inheritdoc cref="Replicas(string[])"/>
    public VllmReplicas Replicas(IEnumerable<Uri> endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Uri[] addresses = [.. endpoints];
        foreach (Uri address in addresses)
        {
            if (VllmEndpoint.ProblemOf(address) is { } problem)
                throw new ArgumentException(problem, nameof(endpoints));
        }

        return new(addresses, endpoint =>
        {
            ServerState there = _now().At(endpoint);
            return new VllmServer(() => there);
        });
    }

    private ServerQuestion Get(string path) => new(HttpMethod.Get, path) { Limit = Settings.TimeLimits.ServerCall };

    private ServerQuestion Get(string path, string expected) => Get(path) with { Expected = expected };

    private ServerQuestion Post(string path, byte[] json) =>
        new(HttpMethod.Post, path) { JsonBody = json, Limit = Settings.TimeLimits.ServerCall };
}
