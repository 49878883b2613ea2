using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter;

/// <summary>Any route of the server, asked with the adapter's address, key, retries and typed errors: JSON out, JSON or events back.</summary>
/// <remarks>
/// <para>Thread-safe. For what the adapter has a method for, take the method: it checks that an answer is whole. Here only the JSON is checked to be some.</para>
/// <para>A request is retried where that may help (<see cref="ResilienceOptions"/>), so a route that changes something on the server may be asked twice.</para>
/// </remarks>
/// <example>
/// <code>
/// JsonElement answer = await adapter.Routes.PostAsync("/v1/decisions", new JsonObject { ["input"] = "Is a llama a bird?" });
/// </code>
/// </example>
public sealed class VllmRoutes
{
    private readonly Func<RouteCalls> _calls;

    internal VllmRoutes(Func<RouteCalls> calls) => _calls = calls;

    /// <summary>Gets JSON.</summary>
    /// <param name="path">The route, from the server's root, such as <c>/v1/models</c>; a query may stand behind it.</param>
    /// <param name="headers">Headers of the request; null for none of its own.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The path leads to no route of this server, or a header cannot be sent.</exception>
    /// <exception cref="VllmRequestException">The server did not answer, refused, or answered something else than JSON.</exception>
    public async Task<JsonElement> GetAsync(string path, RequestHeaders? headers = null, CancellationToken cancellationToken = default) =>
        (await AskAsync(path, HttpMethod.Get, body: null, headers, Element, cancellationToken).ConfigureAwait(false)).Value;

    /// <inheritdoc cref="GetAsync(string, RequestHeaders?, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <typeparam name="TReply">What the JSON is read as.</typeparam>
    /// <param name="path">The route, from the server's root, such as <c>/v1/models</c>; a query may stand behind it.</param>
    /// <param name="replyType">How it is read, such as <c>MyContext.Default.MyReply</c>.</param>
    /// <param name="headers">Headers of the request; null for none of its own.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public async Task<TReply> GetAsync<TReply>(
        string path, JsonTypeInfo<TReply> replyType, RequestHeaders? headers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replyType);
        return (await AskAsync(path, HttpMethod.Get, body: null, headers, Typed(replyType), cancellationToken).ConfigureAwait(false)).Value;
    }

    /// <summary>Posts JSON, and gets JSON back.</summary>
    /// <param name="path">The route, from the server's root, such as <c>/v1/decisions</c>; a query may stand behind it.</param>
    /// <param name="body">The body, sent as it is.</param>
    /// <param name="headers">Headers of the request; null for none of its own.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The path leads to no route of this server, or a header cannot be sent.</exception>
    /// <exception cref="VllmRequestException">The server did not answer, refused, or answered something else than JSON.</exception>
    public async Task<JsonElement> PostAsync(string path, JsonObject body, RequestHeaders? headers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return (await AskAsync(path, HttpMethod.Post, RequestJson.ToUtf8(body), headers, Element, cancellationToken).ConfigureAwait(false)).Value;
    }

    /// <inheritdoc cref="PostAsync(string, JsonObject, RequestHeaders?, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <typeparam name="TBody">What is written as the body.</typeparam>
    /// <typeparam name="TReply">What the JSON is read as.</typeparam>
    /// <param name="path">The route, from the server's root, such as <c>/v1/decisions</c>; a query may stand behind it.</param>
    /// <param name="body">What to send.</param>
    /// <param name="bodyType">How it is written.</param>
    /// <param name="replyType">How the answer is read.</param>
    /// <param name="headers">Headers of the request; null for none of its own.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>.</param>
    public async Task<TReply> PostAsync<TBody, TReply>(
        string path,
        TBody body,
        JsonTypeInfo<TBody> bodyType,
        JsonTypeInfo<TReply> replyType,
        RequestHeaders? headers = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bodyType);
        ArgumentNullException.ThrowIfNull(replyType);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, bodyType);
        return (await AskAsync(path, HttpMethod.Post, json, headers, Typed(replyType), cancellationToken).ConfigureAwait(false)).Value;
    }

    /// <summary>Posts JSON, and reads the server-sent events of the answer as they come.</summary>
    /// <param name="path">The route, from the server's root, such as <c>/v1/responses</c>; a query may stand behind it.</param>
    /// <param name="body">The body, sent as it is; set in it what makes the route stream, usually <c>"stream": true</c>.</param>
    /// <param name="headers">Headers of the request; null for none of its own.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>, and the work on the server.</param>
    /// <returns>
    /// The events, with their type and their data, a closing <c>[DONE]</c> included. Nothing is sent before they are enumerated, and each enumeration
    /// sends again.
    /// </returns>
    /// <exception cref="ArgumentException">The path leads to no route of this server, or a header cannot be sent.</exception>
    /// <remarks>
    /// <para>The enumeration throws <see cref="VllmRequestException"/> if the server refuses or answers no events, and, after what came was handed out,
    /// where the stream reports an error, breaks off, or brings nothing for <see cref="TimeLimits.BetweenChunks"/>. A request is retried
    /// until its first event came, and never after it.</para>
    /// <para>What the events mean is not looked at: that the stream ended in order does not say that the answer is whole.</para>
    /// </remarks>
    /// <example>
    /// <code>
    /// await foreach (SseItem&lt;string&gt; item in adapter.Routes.StreamEventsAsync("/v1/responses", new JsonObject { ["input"] = "Hi", ["stream"] = true }))
    ///     Console.WriteLine($"{item.EventType}: {item.Data}");
    /// </code>
    /// </example>
    public IAsyncEnumerable<SseItem<string>> StreamEventsAsync(
        string path, JsonObject body, RequestHeaders? headers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        RouteCalls calls = _calls();
        var question = new RouteQuestion(calls.Route(path), "route") { JsonBody = RequestJson.ToUtf8(body), Headers = headers, Expected = "an event stream" };
        return calls.StreamAsync(question, cancellationToken);
    }

    private Task<Answer<T>> AskAsync<T>(
        string path, HttpMethod method, byte[]? body, RequestHeaders? headers, Func<ServerReply, T> read, CancellationToken cancellationToken)
    {
        RouteCalls calls = _calls();
        string route = calls.Route(path);
        var question = new RouteQuestion(route, "route") { Method = method, JsonBody = body, Headers = headers, Expected = "JSON" };
        return calls.AskAsync(question, Read, cancellationToken);

        Answer<T>? Read(ServerReply reply, CancellationToken token)
        {
            try
            {
                // Servers before 0.20 answer 200 with an error inside where they lack a route.
                return ServerError.TryRead(reply.Json, out _) ? null : new Answer<T>(read(reply));
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    private static JsonElement Element(ServerReply reply)
    {
        using JsonDocument document = JsonDocument.Parse(reply.Body, JsonText.Parsing);
        return document.RootElement.Clone();
    }

    private static Func<ServerReply, T> Typed<T>(JsonTypeInfo<T> type) =>
        reply => JsonSerializer.Deserialize(reply.Json, type) ?? throw new JsonException("null is not an answer.");

    private sealed record Answer<T>(T Value);
}
