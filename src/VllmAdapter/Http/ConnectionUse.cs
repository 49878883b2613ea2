namespace VllmAdapter;

/// <summary>What became known of the connection that a request went out on.</summary>
/// <remarks>
/// Known only on the adapter's own handler and with HTTP/1.1, where a connection serves one request at a time: there the request writes to
/// it in its own flow of control. Of every other client nothing is known.
/// </remarks>
internal sealed class ConnectionUse
{
    private static readonly AsyncLocal<ConnectionUse?> UseOfThisFlow = new();

    /// <summary>The use that the request sent in this flow of control asked to be noted.</summary>
    public static ConnectionUse? Current => UseOfThisFlow.Value;

    /// <summary>Whether an earlier request went out on the same connection; null if that is not known.</summary>
    public bool? WasReused { get; private set; }

    /// <summary>Whether at least one byte came back.</summary>
    public bool WasAnswered { get; private set; }

    /// <summary>Has the next request of this flow of control noted.</summary>
    public static ConnectionUse Begin() => UseOfThisFlow.Value = new ConnectionUse();

    public void GoesOut(bool isReused) => (WasReused, WasAnswered) = (isReused, false);

    public void BytesCame() => WasAnswered = true;
}
