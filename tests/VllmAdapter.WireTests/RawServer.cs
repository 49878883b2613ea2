using System.Net;
using System.Net.Sockets;

namespace VllmAdapter.WireTests;

/// <summary>What the server does on a connection once it has read a request.</summary>
internal delegate Task RawScript(RawConnection connection);

/// <summary>A TCP server that knows nothing of HTTP but where a request ends: its scripts write every byte, and every fault is real.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    /// <summary>How long a test waits for what must happen, before it fails instead of hanging.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<RawScript> _scripts;
    private readonly List<RawConnection> _connections = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private readonly bool _speaksFirst;

    private RawServer(RawScript[] scripts, bool speaksFirst)
    {
        (_scripts, _speaksFirst) = (new Queue<RawScript>(scripts), speaksFirst);
        _listener.Start(backlog: 512);
        _accepting = AcceptAsync();
    }

    public Uri Endpoint => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>How many connections were accepted so far.</summary>
    public int Accepted
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

    /// <summary>How far the client has come, for scripts that must not run ahead of it.</summary>
    public ClientProgress Client { get; } = new();

    /// <summary>One script a request, in the order in which requests come, whatever connection they come on; the last one repeats.</summary>
    public static RawServer Start(params RawScript[] scripts) => new(scripts, speaksFirst: false);

    /// <summary>One script a connection, run without waiting for a request.</summary>
    public static RawServer StartRude(params RawScript[] scripts) => new(scripts, speaksFirst: true);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        lock (_connections)
        {
            foreach (RawConnection connection in _connections)
                connection.Dispose();
        }

        // A script that failed fails its test.
        await Task.WhenAll(_running).WaitAsync(Guard);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = new RawConnection(await _listener.AcceptSocketAsync(_stopping.Token), Client);
                lock (_connections)
                    _connections.Add(connection);

                _running.Add(Task.Run(() => ServeAsync(connection)));
            }
        }
        catch (Exception stopped) when (_stopping.IsCancellationRequested && stopped is not OutOfMemoryException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(RawConnection connection)
    {
        try
        {
            while (_speaksFirst || await connection.ReadRequestAsync())
            {
                await Next()(connection);
                if (_speaksFirst)
                    return;
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The client left, the script closed the connection, or the test is over.
        }
    }

    private RawScript Next()
    {
        lock (_scripts)
            return _scripts.Count > 1 ? _scripts.Dequeue() : _scripts.Peek();
    }
}
