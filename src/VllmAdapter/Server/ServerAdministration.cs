using System.Globalization;
using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>What the operator of a running server may do with it: put it to sleep, pause it, end its requests, empty its caches.</summary>
/// <remarks>
/// <para><b>Everything here reaches all clients of the server</b>, and vLLM lets in everyone who can reach it: no API key guards these routes,
/// whatever the server was started with. They are there only with <c>VLLM_SERVER_DEV_MODE=1</c> (<see cref="RequestFailure.RouteNotFound"/> says so
/// otherwise), which belongs in a network of your own.</para>
/// <para>Thread-safe. Each method asks once, and nothing is retried. Recorded with vLLM 0.32.0; development routes may change with every release.</para>
/// </remarks>
/// <example>
/// <code>
/// await adapter.Server.Administration.SleepAsync(level: 1);      // the memory of the GPU is free for something else
/// await adapter.Server.Administration.WakeUpAsync();
/// </code>
/// </example>
public sealed class ServerAdministration
{
    private const int DeepestSleep = 2;

    private readonly Func<ServerState> _now;

    internal ServerAdministration(Func<ServerState> now) => _now = now;

    /// <summary>Puts the engine to sleep. Chats that are sent meanwhile get no answer, not even headers, until it is woken up.</summary>
    /// <param name="level">
    /// 0: nothing more is scheduled; 1: the weights go to the computer's memory and the key-value cache is dropped; 2: both are dropped, and weights must
    /// be loaded again afterwards.
    /// </param>
    /// <param name="running">What becomes of running requests; null leaves it to the server, which ends them.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>; the server may go on with it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level is not 0, 1 or 2.</exception>
    /// <exception cref="VllmRequestException">The server did not answer within <see cref="TimeLimits.Headers"/>, or refused.</exception>
    public Task SleepAsync(int level = 1, RunningRequests? running = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, DeepestSleep);
        string mode = ModeOf(running) is { } word ? $"&mode={word}" : "";
        return PostAsync(string.Create(CultureInfo.InvariantCulture, $"sleep?level={level}{mode}"), cancellationToken);
    }

    /// <summary>Wakes the engine up, or a part of it.</summary>
    /// <param name="tags">The parts, <c>weights</c> or <c>kv_cache</c>; null or empty for everything.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>; the server may go on with it.</param>
    /// <returns>
    /// Whether the engine is awake. False after a part of several: vLLM answers success then, and sleeps on. Null if the server does not say (0.8.5).
    /// </returns>
    /// <inheritdoc cref="PauseAsync" path="/exception"/>
    public async Task<bool?> WakeUpAsync(IReadOnlyList<string>? tags = null, CancellationToken cancellationToken = default)
    {
        string query = string.Join('&', (tags ?? []).Select(tag => $"tags={Uri.EscapeDataString(tag)}"));
        StatusJson? answer = await PostAsync(query.Length > 0 ? $"wake_up?{query}" : "wake_up", cancellationToken).ConfigureAwait(false);
        return answer?.Status is { } status ? status == "awake" : null;
    }

    /// <summary>Asks whether the engine sleeps, at whatever level. <c>/health</c> does not say.</summary>
    /// <inheritdoc cref="IsPausedAsync"/>
    public async Task<bool> IsSleepingAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync("is_sleeping", ServerJsonContext.Default.IsSleepingJson, "whether the engine sleeps", cancellationToken).ConfigureAwait(false)).IsSleeping;

    /// <summary>Pauses the engine. Chats that are sent meanwhile get no answer, not even headers, until it is resumed.</summary>
    /// <param name="running">What becomes of running requests; null leaves it to the server, which ends them.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>; the server may go on with it.</param>
    /// <exception cref="VllmRequestException">
    /// The server did not answer within <see cref="TimeLimits.Headers"/>, or refused. <see cref="RequestFailure.RouteNotFound"/> without
    /// <c>VLLM_SERVER_DEV_MODE=1</c>.
    /// </exception>
    public Task PauseAsync(RunningRequests? running = null, CancellationToken cancellationToken = default) =>
        PostAsync(ModeOf(running) is { } word ? $"pause?mode={word}" : "pause", cancellationToken);

    /// <summary>Resumes a paused engine. One that is not paused is not affected.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <inheritdoc cref="PauseAsync" path="/exception"/>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => PostAsync("resume", cancellationToken);

    /// <summary>Asks whether the engine is paused. <c>/health</c> does not say.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VllmRequestException">
    /// The server did not answer, or refused. <see cref="RequestFailure.RouteNotFound"/> without <c>VLLM_SERVER_DEV_MODE=1</c>.
    /// </exception>
    public async Task<bool> IsPausedAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync("is_paused", ServerJsonContext.Default.IsPausedJson, "whether the engine is paused", cancellationToken).ConfigureAwait(false)).IsPaused;

    /// <summary>Ends some requests, whoever sent them: their streams end with finish reason <c>abort</c>.</summary>
    /// <param name="requestIds">Their ids as their answers carry them (<c>chatcmpl-...</c>); at least one.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <returns>How many the server says it ended. It also counts ids that it does not know (0.32.0).</returns>
    /// <exception cref="ArgumentException">There is no id: the server would end every request. See <see cref="AbortAllRequestsAsync"/>.</exception>
    /// <inheritdoc cref="IsPausedAsync" path="/exception"/>
    public Task<int> AbortRequestsAsync(IReadOnlyCollection<string> requestIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requestIds);
        return requestIds.Count > 0
            ? AbortAsync(new AbortJson([.. requestIds]), cancellationToken)
            : throw new ArgumentException("There is no id, which vLLM would take to mean all requests. Give one, or call AbortAllRequestsAsync.", nameof(requestIds));
    }

    /// <summary>Ends every request that runs or waits, whoever sent it.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <returns>How many there were.</returns>
    /// <inheritdoc cref="IsPausedAsync" path="/exception"/>
    public Task<int> AbortAllRequestsAsync(CancellationToken cancellationToken = default) => AbortAsync(new AbortJson(null), cancellationToken);

    /// <summary>Empties the prefix cache, as is needed after weights were changed.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Whether it was emptied; false while blocks of it are in use. Null if the server does not say (0.8.5).</returns>
    /// <inheritdoc cref="IsPausedAsync" path="/exception"/>
    public async Task<bool?> ResetPrefixCacheAsync(CancellationToken cancellationToken = default) =>
        (await PostAsync("reset_prefix_cache", cancellationToken).ConfigureAwait(false))?.Success;

    /// <summary>Empties the cache of pictures, audio and video that were read: one that is sent by its id alone is missed then.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <inheritdoc cref="IsPausedAsync" path="/exception"/>
    public Task ResetMediaCacheAsync(CancellationToken cancellationToken = default) => PostAsync("reset_mm_cache", cancellationToken);

    /// <summary>Empties the cache of what the encoder made of pictures, audio and video.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <inheritdoc cref="IsPausedAsync" path="/exception"/>
    public Task ResetEncoderCacheAsync(CancellationToken cancellationToken = default) => PostAsync("reset_encoder_cache", cancellationToken);

    /// <summary>Asks for the server's settings: <c>vllm_config</c>, and in newer versions what is known about its machine.</summary>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <returns>What it reports. In older versions the settings are one text. It may contain paths and environment variables: keep it out of logs.</returns>
    /// <inheritdoc cref="IsPausedAsync" path="/exception"/>
    public Task<JsonElement> GetServerInfoAsync(CancellationToken cancellationToken = default) =>
        ReadInfoAsync(Ask(HttpMethod.Get, "server_info?config_format=json") with { Expected = "the server's settings" }, cancellationToken);

    private async Task<JsonElement> ReadInfoAsync(ServerQuestion question, CancellationToken cancellationToken) => (await _now().Calls.AskAsync(
        question,
        static (ref reader, _) => JsonElement.ParseValue(ref reader) is { ValueKind: JsonValueKind.Object } info ? new Box<JsonElement>(info) : null,
        cancellationToken).ConfigureAwait(false)).Value;

    private async Task<int> AbortAsync(AbortJson which, CancellationToken cancellationToken)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(which, ServerJsonContext.Default.AbortJson);
        ServerQuestion question = Ask(HttpMethod.Post, "abort_requests") with { JsonBody = body, Expected = "a number of requests" };
        return (await _now().Calls.AskAsync(question, ServerJsonContext.Default.AbortedJson, cancellationToken).ConfigureAwait(false)).Aborted;
    }

    private Task<T> AskAsync<T>(
        string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string expected, CancellationToken cancellationToken)
        where T : class =>
        _now().Calls.AskAsync(Ask(HttpMethod.Get, path) with { Expected = expected }, type, cancellationToken);

    // Old versions say nothing in their 200.
    private async Task<StatusJson?> PostAsync(string path, CancellationToken cancellationToken)
    {
        ServerQuestion question = Ask(HttpMethod.Post, path) with { Limit = _now().Options.TimeLimits.Headers, Expected = "a status" };
        Box<StatusJson?> answer = await _now().Calls.AskAsync(question, Read, cancellationToken).ConfigureAwait(false);
        return answer.Value;

        static Box<StatusJson?>? Read(ServerReply reply, CancellationToken token)
        {
            if (reply.Body.Length == 0)
                return new Box<StatusJson?>(null);

            try
            {
                return JsonSerializer.Deserialize(reply.Json, ServerJsonContext.Default.StatusJson) is { } status ? new Box<StatusJson?>(status) : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    private ServerQuestion Ask(HttpMethod method, string path) => new(method, path) { Limit = _now().Options.TimeLimits.ServerCall };

    private static string? ModeOf(RunningRequests? running) => running switch
    {
        null => null,
        RunningRequests.Abort => "abort",
        RunningRequests.Wait => "wait",
        RunningRequests.Keep => "keep",
        _ => throw new ArgumentOutOfRangeException(nameof(running), running, "It is not one of the values."),
    };

    private sealed record Box<T>(T Value);
}
