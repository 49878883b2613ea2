namespace VllmAdapter.Testing;

/// <summary>Notes the pieces of one response and, once, how it ended.</summary>
internal sealed class ExchangeRecording(TimeProvider clock, long start, Action<RecordedResponse> over)
{
    private readonly Lock _gate = new();
    private readonly List<RecordedPiece> _pieces = [];
    private bool _over;

    public void Note(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            // A read that was under way when the caller left may still bring something.
            if (!_over)
                _pieces.Add(new RecordedPiece(clock.GetElapsedTime(start), bytes.ToArray()));
        }
    }

    public void End(bool complete, SocketEnd end)
    {
        lock (_gate)
        {
            if (_over)
                return;
            _over = true;
        }

        over(new RecordedResponse { Status = 0, Pieces = _pieces, BodyComplete = complete, SocketEnd = end });
    }
}
