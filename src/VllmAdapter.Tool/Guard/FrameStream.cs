using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace VllmAdapter.Tool.Guard;

/// <summary>
/// A reply's body on its way to the adapter: one frame a read, so that all is known of the frames before when the adapter asks for the next one. Then they
/// are settled (<see cref="Settled"/>): handed on as they came, or held.
/// </summary>
internal sealed class FrameStream(Stream body, int mostBuffered, IDisposable owner) : ForwardStream
{
    private const int FirstBuffer = 4 * 1024;

    private byte[] _bytes = [];
    private FrameScanner _scanner;
    private int _unsettledFrom;
    private int _handed;
    private int _frameEnd;
    private int _filled;
    private bool _hasBegun;
    private bool _hasEnded;
    private Exception? _fault;

    /// <summary>Takes over the bytes of whole frames of which all is known; null, as before the reply is taken for one, keeps them here.</summary>
    public SettleFrames? Settled { get; set; }

    /// <summary>Whether the body is one JSON value, or anything else that is no event stream; then everything that came is <see cref="Unsettled"/>.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>What was handed to the adapter and is not settled.</summary>
    public ReadOnlySpan<byte> Unsettled => _bytes.AsSpan(_unsettledFrom, _handed - _unsettledFrom);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_handed < _frameEnd)
            return new ValueTask<int>(Hand(buffer));

        if (!IsWhole && Settled is { } settled && _handed > _unsettledFrom)
        {
            settled(_bytes.AsSpan(_unsettledFrom, _handed - _unsettledFrom));
            _unsettledFrom = _handed;
        }

        return TakeFrame() ? new ValueTask<int>(Hand(buffer)) : ReadFrameAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            owner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Hand(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _frameEnd - _handed);
        _bytes.AsSpan(_handed, count).CopyTo(buffer.Span);
        _handed += count;
        return count;
    }

    private bool TakeFrame()
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(_frameEnd, _filled - _frameEnd);
        if (rest.IsEmpty)
            return false;

        if (!_hasBegun)
            Begin(rest);

        int length = IsWhole || _hasEnded ? rest.Length : _scanner.LengthOfFirst(rest);
        if (length == 0 && rest.Length >= mostBuffered)
            length = rest.Length; // the adapter refuses what is too large

        if (length == rest.Length)
            _scanner = default;

        _frameEnd += length;
        return length > 0;
    }

    private void Begin(ReadOnlySpan<byte> start)
    {
        start = start.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8);
        if (start.IsEmpty)
            return;

        IsWhole = start[0] is (byte)'{' or (byte)'[' or (byte)'<';
        _hasBegun = true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFrameAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        do
        {
            if (_hasEnded)
            {
                if (_fault is not null)
                    ExceptionDispatchInfo.Throw(_fault);

                return 0;
            }

            try
            {
                // A stream that waits holds no memory, and .NET's connection waits for nothing more cheaply than for something.
                if (LetGo())
                    await body.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);

                MakeRoom();
                int count = await body.ReadAsync(_bytes.AsMemory(_filled), cancellationToken).ConfigureAwait(false);
                _filled += count;
                _hasEnded = count == 0;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // What came before is handed out first.
                (_hasEnded, _fault) = (true, fault);
            }
        }
        while (!TakeFrame());

        return Hand(buffer);
    }

    private void MakeRoom()
    {
        if (_bytes.Length == 0)
            _bytes = ArrayPool<byte>.Shared.Rent(FirstBuffer);

        if (_filled < _bytes.Length)
            return;

        byte[] full = _bytes;
        byte[] room = _unsettledFrom == 0 ? ArrayPool<byte>.Shared.Rent(full.Length * 2) : full;
        full.AsSpan(_unsettledFrom, _filled - _unsettledFrom).CopyTo(room);
        _handed -= _unsettledFrom;
        _frameEnd -= _unsettledFrom;
        _filled -= _unsettledFrom;
        _unsettledFrom = 0;
        _bytes = room;
        if (room != full)
            ArrayPool<byte>.Shared.Return(full);
    }

    private bool LetGo()
    {
        if (_unsettledFrom < _filled)
            return false;

        byte[] empty = _bytes;
        (_unsettledFrom, _handed, _frameEnd, _filled, _bytes) = (0, 0, 0, 0, []);
        if (empty.Length > 0)
            ArrayPool<byte>.Shared.Return(empty);

        return true;
    }
}

/// <summary>Takes over frames of which all is known.</summary>
/// <param name="frames">One frame, or several in a row; valid during the call.</param>
internal delegate void SettleFrames(ReadOnlySpan<byte> frames);
