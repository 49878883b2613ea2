using System.Diagnostics.Metrics;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Follows .NET's own count of connections: those that a server took on a port, or those in use to a port.</summary>
internal sealed class Connections : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly int _port;
    private readonly bool _isTaken;
    private TaskCompletionSource? _over;
    private int _expected;
    private long _open;
    private int _opened;

    private Connections(int port, bool isTaken)
    {
        (_port, _isTaken) = (port, isTaken);
        string name = isTaken ? "kestrel.active_connections" : "http.client.open_connections";
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == name)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, tags, _) => Count(change, tags));
        _listener.Start();
    }

    /// <summary>The connections that a server of this process takes on a port.</summary>
    public static Connections TakenAt(int port) => new(port, isTaken: true);

    /// <summary>The connections of this process to a port on which a request is under way; those that wait in a pool are none.</summary>
    public static Connections InUseTo(int port) => new(port, isTaken: false);

    /// <summary>Waits until so many have been opened, and none is open.</summary>
    public Task WhenOverAsync(int opened = 0)
    {
        lock (_gate)
        {
            _expected = opened;
            _over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SeeWhetherOver();
            return _over.Task.WaitAsync(Guard);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Count(long change, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        bool isOurs = false;
        bool counts = _isTaken;
        foreach ((string name, object? value) in tags)
        {
            isOurs |= name == "server.port" && value is int port && port == _port;
            counts |= name == "http.connection.state" && value is "active";
        }

        if (!isOurs || !counts)
            return;

        lock (_gate)
        {
            _open += change;
            _opened += change > 0 ? 1 : 0;
            SeeWhetherOver();
        }
    }

    private void SeeWhetherOver()
    {
        if (_open == 0 && _opened >= _expected)
            _over?.TrySetResult();
    }
}
