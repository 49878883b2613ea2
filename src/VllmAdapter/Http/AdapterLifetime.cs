namespace VllmAdapter;

/// <summary>Whether an adapter may still send; shared by all that it sends with, whatever its options were at that time. Thread-safe.</summary>
internal sealed class AdapterLifetime
{
    private volatile bool _isOver;

    public bool IsOver => _isOver;

    /// <summary>Nothing is sent from now on.</summary>
    public void End() => _isOver = true;

    /// <exception cref="ObjectDisposedException">The adapter is disposed.</exception>
    public void ThrowIfOver()
    {
        if (_isOver)
            throw Over();
    }

    public static ObjectDisposedException Over() =>
        new(objectName: null, "The adapter is disposed, so nothing can be sent. Let it live as long as its requests, or make a new one.");
}
