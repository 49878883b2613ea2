using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace VllmAdapter.Tool.Guard;

/// <summary>The answer as the proxy reads it. Who lets go of it before its end has left, and the server is to stop.</summary>
internal sealed class AnswerBody(PipeReader frames, CancellationTokenSource left) : ForwardStream
{
    private int _disposals;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The proxy asks for nothing first, to see whether there is something.
        ValueTask<ReadResult> read = frames.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<int>(Take(read.Result, buffer)) : AwaitAsync(read, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Increment(ref _disposals) == 1)
        {
            left.Cancel();
            left.Dispose();
            frames.Complete();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<ReadResult> read, Memory<byte> buffer) => Take(await read.ConfigureAwait(false), buffer);

    private int Take(ReadResult read, Memory<byte> buffer)
    {
        int count = (int)Math.Min(read.Buffer.Length, buffer.Length);
        ReadOnlySequence<byte> taken = read.Buffer.Slice(0, count);
        taken.CopyTo(buffer.Span);

        // From here on the sequence belongs to the writer again.
        frames.AdvanceTo(taken.End);
        return count;
    }
}
