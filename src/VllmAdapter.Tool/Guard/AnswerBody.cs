namespace VllmAdapter.Tool.Guard;

/// <summary>The answer as the proxy reads it. Who lets go of it before its end has left, and the server is to stop.</summary>
internal sealed class AnswerBody(Stream frames, CancellationTokenSource left) : ForwardOnlyStream
{
    private int _disposals;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => frames.ReadAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Increment(ref _disposals) == 1)
        {
            left.Cancel();
            left.Dispose();
            frames.Dispose();
        }

        base.Dispose(disposing);
    }
}
