namespace VllmAdapter.Testing;

/// <summary>Notes the pieces of one response and, once, how it ended.</summary>
internal sealed class ExchangeRecording(TimeProvider clock, long start, Action<RecordedResponse> over)
{
    private readonly List<RecordedPiece> _pieces = [];
    private int _over;

    public void Note(ReadOnlySpan<byte> bytes) => _pieces.Add(new RecordedPiece(clock.GetElapsedTime(start), bytes.ToArray()));

    public void End(bool complete, SocketEnd end)
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
            over(new RecordedResponse { Status = 0, Pieces = _pieces, BodyComplete = complete, SocketEnd = end });
    }
}
