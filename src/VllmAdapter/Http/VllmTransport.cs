using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Polly.Timeout;

namespace VllmAdapter;

/// <summary>Sends one request once, and turns everything that is no success into a <see cref="VllmRequestException"/>.</summary>
internal sealed class VllmTransport(
    Func<HttpClient> client,
    VllmEndpoint endpoint,
    string? apiKey,
    TimeProvider clock,
    Func<CancellationToken, ValueTask<string?>>? apiKeySource = null,
    ILogger? logger = null,
    AdapterLifetime? lifetime = null)
{
    private const int LargestRefusal = 256 * 1024;

    /// <summary>How long to wait for the rest of a refusal; its status says most of it.</summary>
    internal static readonly TimeSpan RefusalLimit = TimeSpan.FromSeconds(10);

    private readonly Uri _root = endpoint.At("");
    private readonly AdapterLifetime _lifetime = lifetime ?? new AdapterLifetime();
    private int _hasWarned;

    public VllmEndpoint Endpoint { get; } = endpoint;

    public TimeProvider Clock { get; } = clock;

    public ApiKeys ApiKeys { get; } = new(apiKey, apiKeySource);

    /// <summary>The adapter's own key, to be kept out of what the server says.</summary>
    public Secrets Keys => ApiKeys.Secrets;

    /// <summary>The same way of sending, to another address.</summary>
    public VllmTransport At(Uri other) => new(client, new VllmEndpoint(other), apiKey, Clock, apiKeySource, logger, _lifetime);

    /// <summary>What a failure is to say of any request: the key is known to it only to be kept out of it.</summary>
    public FailureFacts About(string path, string? requestId) => new() { Address = Endpoint.At(path), RequestId = requestId, Secrets = Keys };

    /// <summary>Sends a request, once more if its connection turned out to be closed, and waits for the headers of a success.</summary>
    /// <param name="message">The request; its address and body are set.</param>
    /// <param name="about">Makes what a failure is to say of the request.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="resending">Told why, whenever the request is about to go out once more; gives the id for that.</param>
    /// <returns>The response. The id under which it went out last is in the headers of its request message.</returns>
    /// <exception cref="VllmRequestException">Nobody answered, or the answer is a refusal.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed: sent again it would be so again.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpResponseMessage> SendAsync(
        HttpRequestMessage message,
        Func<Sending, FailureFacts> about,
        CancellationToken cancellationToken,
        Func<HttpRequestException, string>? resending = null)
    {
        _lifetime.ThrowIfOver();
        var sending = new Sending(message, resending);
        TimeSpan clientsLimit = Timeout.InfiniteTimeSpan;
        try
        {
            HttpClient http = client();
            clientsLimit = http.Timeout;
            ApiKeys.Authorize(message);
            WarnOfKeyInClear(message);
            HttpResponseMessage response = await sending.SendAsync(http, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.NoContent && sending.FollowedTo(response) is null)
                return response;

            using (response)
                throw await RefusalAsync(response, about(sending) with { FollowedTo = sending.FollowedTo(response) }, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException given) when (given.InnerException is TimeoutException && IsOf(clientsLimit, given))
        {
            throw VllmRequestException.For(about(sending) with { GaveUpAfter = clientsLimit, Cause = given });
        }
        catch (Exception fault) when (_lifetime.IsOver && fault is OperationCanceledException or ObjectDisposedException)
        {
            // The client lets go of what it was sending.
            throw AdapterLifetime.Over();
        }
        catch (ObjectDisposedException fault) when (fault.ObjectName == typeof(HttpClient).FullName)
        {
            throw new ObjectDisposedException(
                objectName: null, "The HttpClient of this adapter is disposed, so nothing can be sent. Let it live as long as the adapter, or make a new adapter.");
        }
        catch (Exception fault) when (fault is not (VllmRequestException or ArgumentException or ObjectDisposedException))
        {
            // Handlers of the client, such as resilience pipelines, may throw anything.
            throw VllmRequestException.For(about(sending) with
            {
                Cause = fault,
                GaveUpAfter = (fault as TimeoutRejectedException)?.Timeout,
                BrokeWhileSending = sending.BrokeWhileSending,
            });
        }
    }

    // A connect timeout looks the same but for its words; it is a failed connection.
    private static bool IsOf(TimeSpan clientTimeout, OperationCanceledException given) =>
        clientTimeout != Timeout.InfiniteTimeSpan && given.Message.Contains(nameof(HttpClient) + "." + nameof(HttpClient.Timeout), StringComparison.Ordinal);

    /// <summary>Says what is wrong with a success that is no chat reply.</summary>
    public VllmRequestException NotAReply(HttpResponseMessage response, FailureFacts about, ReadOnlySpan<byte> body) =>
        Failure(response, about, body);

    // Between two machines everybody on the way can read it. Once: it is a matter of the settings, not of the request.
    private void WarnOfKeyInClear(HttpRequestMessage message)
    {
        if (message.Headers.Authorization is not null && _root is { Scheme: "http", IsLoopback: false }
            && logger is not null && Interlocked.Exchange(ref _hasWarned, 1) == 0)
            Log.KeyInClear(logger, _root.Authority);
    }

    // What a broken or endless body gave before its limit is kept: the status alone says enough.
    private async Task<VllmRequestException> RefusalAsync(
        HttpResponseMessage response, FailureFacts about, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(RefusalLimit, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        BoundedBody body = await BoundedBody.ReadAsync(response, LargestRefusal, either.Token, Clock).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return Failure(response, about, body.Bytes, isCut: body.Fault is not null);
    }

    private VllmRequestException Failure(HttpResponseMessage response, FailureFacts about, ReadOnlySpan<byte> body, bool isCut = false)
    {
        string? contentType = response.Content.Headers.ContentType?.MediaType;
        return VllmRequestException.For(about with
        {
            Status = response.StatusCode,
            ContentType = contentType,
            ContentLength = response.Content.Headers.ContentLength,
            Location = response.Headers.Location,
            Challenge = (response.Headers.WwwAuthenticate.FirstOrDefault() ?? response.Headers.ProxyAuthenticate.FirstOrDefault())?.Scheme,
            Error = ServerError.FromBody(contentType, body, about.Secrets) with { IsCut = isCut },
            RetryAfter = RetryAfter.Parse(response.Headers.NonValidated.TryGetValues("Retry-After", out HeaderStringValues wait) ? wait.ToString() : null, Clock),
        });
    }
}
