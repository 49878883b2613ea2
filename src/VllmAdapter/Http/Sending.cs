using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace VllmAdapter;

/// <summary>One request under way, and what becomes of it: sent, sent once more, led elsewhere, or broken off in the middle.</summary>
/// <remarks>
/// A server may close an idle connection at the very moment at which a request goes out on it (vLLM 0.20.2 does so 2 ms after a refusal).
/// Nothing was answered then, and nothing says that the server is not well: the request goes out once more, whatever it is.
/// </remarks>
/// <param name="message">The request; its address and body are set.</param>
/// <param name="resending">
/// Told why, whenever it is about to go out once more; gives the id for that. By default the id is the first one with an ending of its own.
/// </param>
internal sealed class Sending(HttpRequestMessage message, Func<HttpRequestException, string>? resending = null)
{
    // As many connections as may have been closed at once; the next one is mostly a fresh one.
    private const int MostOnReused = 3;

    private readonly HttpMethod _method = message.Method;
    private readonly Uri _address = message.RequestUri!;
    private readonly string? _id = IdOf(message);

    /// <summary>How often it went out again.</summary>
    public int Resends { get; private set; }

    /// <summary>What goes out, or went out last.</summary>
    public HttpRequestMessage Message { get; private set; } = message;

    /// <summary>The id under which it went out last; null if it has none.</summary>
    public string? RequestId => IdOf(Message);

    /// <summary>The size of a long body whose sending broke off; null if none did.</summary>
    public long? BrokeWhileSending => Message.Content is BufferedBody { TakesLong: true, BrokeOff: true } body ? body.Length : null;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpResponseMessage> SendAsync(HttpClient http, CancellationToken cancellationToken)
    {
        while (true)
        {
            // A message of one's own does not take over what the client was set to; only the client's shortcuts do.
            (Message.Version, Message.VersionPolicy) = (http.DefaultRequestVersion, http.DefaultVersionPolicy);
            if (Message.Content is BufferedBody body)
                body.Of = Message;

            var use = ConnectionUse.Begin();
            try
            {
                return await http.SendAsync(Message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException fault) when (!cancellationToken.IsCancellationRequested && MayGoOutAgain(fault, use))
            {
                Resends++;
                Message = Again(resending?.Invoke(fault) ?? EndedId());
            }
        }
    }

    /// <summary>The address of another's that answered, because the client followed a redirect; null if it did not.</summary>
    public Uri? FollowedTo(HttpResponseMessage response)
    {
        if (response.RequestMessage is not { RequestUri: { } answeredAt } answered)
            return null;

        // Handlers may write another address, of the same server or of one that they chose; only a redirect sends elsewhere in the middle.
        bool isElsewhere = answeredAt != _address && (Message.Content is BufferedBody body
            ? body.FirstSentTo != body.LastSentTo
            : answeredAt.Segments[^1] != _address.Segments[^1]);
        return isElsewhere || answered.Method != _method ? answeredAt : null;
    }

    private bool MayGoOutAgain(HttpRequestException fault, ConnectionUse use) =>
        BrokeWhileSending is null && use switch
        {
            { WasReused: true } => !use.WasAnswered && Resends < MostOnReused && fault.InnerException is IOException,
            { WasReused: false } => false,

            // Of a client of the caller's nobody knows: only what a closed connection looks like, and nothing else does.
            _ => Resends == 0 && ComesFromSockets(fault) && LooksLikeAClosedConnection(fault),
        };

    // A handler that stands in for a server says what it means to say, and is not asked twice.
    private static bool ComesFromSockets(HttpRequestException fault) => fault.Source == typeof(HttpClient).Assembly.GetName().Name;

    private bool LooksLikeAClosedConnection(HttpRequestException fault) =>
        (fault.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown, fault.InnerException) switch
        {
            // .NET itself sends a request without a body up to four times then.
            (true, HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }) => Message.Content is not null,
            (true, IOException { InnerException: SocketException socket }) =>
                socket.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown,
            _ => false,
        };

    private HttpRequestMessage Again(string? id)
    {
        var again = new HttpRequestMessage(_method, _address) { Content = Message.Content };
        foreach ((string name, HeaderStringValues values) in Message.Headers.NonValidated)
            again.Headers.TryAddWithoutValidation(name, values);

        foreach ((string name, object? value) in Message.Options)
            again.Options.TryAdd(name, value);

        again.Headers.Remove(RequestHeaders.IdHeader);
        if (id is not null)
            again.Headers.TryAddWithoutValidation(RequestHeaders.IdHeader, id);

        return again;
    }

    // The first may be running still, and servers before 0.14 break when two requests share an id.
    private string? EndedId() => _id is null ? null : $"{_id}-resent{(Resends == 1 ? "" : Resends)}";

    private static string? IdOf(HttpRequestMessage message) =>
        message.Headers.NonValidated.TryGetValues(RequestHeaders.IdHeader, out HeaderStringValues values) ? values.ToString() : null;
}
