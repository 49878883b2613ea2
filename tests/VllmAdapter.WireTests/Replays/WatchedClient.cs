using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace VllmAdapter.WireTests.Replays;

/// <summary>The adapter's own HTTP client with a look at its connections, so that a server moves time only when everything it sent was read.</summary>
internal sealed class WatchedClient : IDisposable
{
    private readonly ConcurrentDictionary<int, WatchedStream> _connections = [];

    public WatchedClient(TimeLimits limits)
    {
        SocketsHttpHandler handler = VllmHttpHandler.New(limits);
        handler.ConnectCallback = ConnectAsync;
        Http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Http { get; }

    /// <summary>Completes when the client has read all that was sent on the connection and waits for more, or has left it.</summary>
    public Task WhenWaitsAsync(RawConnection connection) => _connections[connection.ClientPort].WhenWaitsAfterAsync(connection.Sent);

    public void Dispose() => Http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return _connections[((IPEndPoint)socket.LocalEndPoint!).Port] = new WatchedStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
