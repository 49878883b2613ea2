using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace VllmAdapter;

/// <summary>
/// Sits between the response body and the event parser and sees what the parser hides: when bytes came, lines that are no event stream, and
/// a body that ends inside an event.
/// </summary>
/// <remarks>
/// A last event that lacks its blank line is closed here, so that the parser hands it out; whether it can be read decides what it was worth.
/// A broken connection, or that nobody waits for more, is reported only after that.
/// </remarks>
internal sealed class ObservedStream(Stream body, TimeProvider clock, int maxEventBytes, long maxReplyBytes) : ForwardStream
{
    public const string SaysBareJson = "The body holds bare JSON instead of events (\"data: ...\" lines)";

    private const int LongestRefused = 64 * 1024;
    private const int LongestExcerpt = 8 * 1024;
    private const int MostReadsInARow = 64;
    private const int LongestStart = 4 * 1024;

    private static readonly byte[] BlankLine = "\n\n"u8.ToArray();

    private readonly LineScanner _lines = new(maxEventBytes);
    private byte[] _start = [];
    private int _startAt;
    private int _startLength;
    private int _readsSinceEvent;
    private int _blankLineToSend;
    private List<byte>? _refused;
    private ForeignBody? _foreign;
    private Exception? _fault;
    private bool _hasEnded;
    private bool _endsInCarriageReturn;
    private bool _hasAddedLineFeed;

    /// <summary>When the last bytes came, as a timestamp of the clock.</summary>
    public long LastReadAt { get; private set; } = clock.GetTimestamp();

    public long BytesRead { get; private set; }

    /// <summary>The lines of the body, if it is an event stream.</summary>
    public LineScanner Lines => _lines;

    /// <summary>The body ended, broke or was given up after the beginning of an event and before its blank line.</summary>
    public bool EndedInsideEvent { get; private set; }

    /// <summary>Whether reading failed.</summary>
    public bool IsBroken => _fault is not null;

    /// <summary>What stands in the body in place of events.</summary>
    public ForeignBody? Foreign => _foreign;

    /// <summary>Why nothing more is read, in words.</summary>
    public string? Refusal => _foreign switch
    {
        null => null,
        ForeignBody.Html => "The body holds HTML instead of events; a proxy may have answered",
        ForeignBody.TooLarge => $"An event of more than {maxEventBytes:N0} bytes was refused; raise VllmAdapterOptions.MaxEventBytes if the server means it",
        ForeignBody.TooLong => $"A reply of more than {maxReplyBytes:N0} bytes was refused; raise VllmAdapterOptions.MaxReplyBytes if the server means it",
        _ => SaysBareJson,
    };

    /// <summary>What was refused: the JSON value that stands there, whatever follows it, or else the first line.</summary>
    public ReadOnlySpan<byte> RefusedText
    {
        get
        {
            ReadOnlySpan<byte> text = CollectionsMarshal.AsSpan(_refused);
            int length = JsonFront.LengthOf(text) is > 0 and var whole ? whole
                : text.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var line ? line
                : text.Length;
            return text[..Math.Min(length, LongestRefused)];
        }
    }

    /// <summary>Reads the first bytes, and hands them out again afterwards: what a body holds is told by them, not by its label.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<BodyKind> SniffAsync(CancellationToken cancellationToken)
    {
        byte[] start = _start = ArrayPool<byte>.Shared.Rent(LongestStart);
        int length = 0;
        BodyKind? kind = null;
        while (kind is null)
        {
            int count;
            try
            {
                // Of a flood of blank lines there is no end by itself, and the policy must be asked.
                if (++_readsSinceEvent % MostReadsInARow == 0)
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

                count = await body.ReadAsync(start.AsMemory(length, LongestStart - length), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                _fault = fault;
                count = 0;
            }

            Observe(count);
            length += count;
            kind = BodyKinds.Of(start.AsSpan(0, length), isEnd: count == 0 || length == LongestStart);

            // Blank lines that keep a connection warm say nothing.
            if (kind is null && start.AsSpan(0, length).Trim(" \t\r\n"u8).IsEmpty)
                length = 0;
        }

        _startLength = length;
        return kind.Value;
    }

    /// <summary>Takes over that the parser gave an event: it does return by itself.</summary>
    public void EventCame() => _readsSinceEvent = 0;

    /// <summary>The body as it is, without a look at its lines.</summary>
    public Stream Raw => new RawBytes(this);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The parser waits for the byte behind a CR, although the line has ended: it is given a line feed, and not the one that may follow.
        if (_endsInCarriageReturn)
        {
            buffer.Span[0] = (byte)'\n';
            (_endsInCarriageReturn, _hasAddedLineFeed) = (false, true);
            return new ValueTask<int>(1);
        }

        if (_foreign is not null)
            return RefuseAsync(cancellationToken);

        if (_hasEnded)
            return _fault is null || _blankLineToSend > 0 ? new ValueTask<int>(End(buffer)) : ValueTask.FromException<int>(_fault);

        ValueTask<int> read = ReadBodyAsync(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully || ++_readsSinceEvent % MostReadsInARow == 0)
            return AwaitAsync(read, buffer, cancellationToken);

        int count = Follow(buffer, read.Result);
        return count > 0 || (_foreign is null && _hasEnded) ? new ValueTask<int>(count) : ReadAsync(buffer, cancellationToken);
    }

    private ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int rest = _startLength - _startAt;
        if (rest == 0)
            return _fault is null ? body.ReadAsync(buffer, cancellationToken) : ValueTask.FromException<int>(_fault);

        int count = Math.Min(rest, buffer.Length);
        _start.AsSpan(_startAt, count).CopyTo(buffer.Span);
        _startAt += count;
        BytesRead -= count; // counted when it came
        if (count == rest)
            LetGoOfStart();

        return new ValueTask<int>(count);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<int> read, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // The parser does not return from a flood of comments by itself, and the policy must be asked.
        if (read.IsCompletedSuccessfully)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

        int count;
        try
        {
            count = await read.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            _fault = fault;
            count = 0;
        }

        count = Follow(buffer, count);
        return count > 0 || (_foreign is null && _hasEnded) ? count : await ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    private void Observe(int count)
    {
        if (_fault is not OperationCanceledException)
            LastReadAt = clock.GetTimestamp();

        BytesRead += count;
        if (BytesRead > maxReplyBytes)
            _foreign ??= ForeignBody.TooLong;
    }

    private int Follow(Memory<byte> buffer, int count)
    {
        Observe(count);
        if (count == 0)
        {
            _hasEnded = true;
            CloseLastEvent();
            return End(buffer);
        }

        Span<byte> bytes = buffer.Span;
        int kept = _lines.Scan(bytes[..count]);
        // What came before the line is handed out first; the next read refuses.
        if (_lines.Refused is { } why)
        {
            _foreign ??= why;
            _refused = why == ForeignBody.TooLarge ? null : [.. bytes[kept..count]];
            count = why == ForeignBody.ErrorField ? Math.Max(0, kept - LineScanner.ErrorField.Length) : kept;
        }

        if (_hasAddedLineFeed && count > 0 && bytes[0] == '\n')
            bytes[1..count--].CopyTo(bytes);

        _hasAddedLineFeed = false;
        _endsInCarriageReturn = count > 0 && bytes[count - 1] == '\r';
        return count;
    }

    // The rest of what is refused may say why it is there. What is read of it does not depend on how it was cut into reads.
    private async ValueTask<int> RefuseAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4 * 1024];
        while (_refused is { Count: < LongestRefused } && !SaysEnough)
        {
            int count = await ReadBodyAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;

            Observe(count);
            _refused.AddRange(buffer.AsSpan(0, count));
        }

        throw new InvalidDataException(Refusal);
    }

    private bool SaysEnough
    {
        get
        {
            ReadOnlySpan<byte> refused = CollectionsMarshal.AsSpan(_refused);
            return JsonFront.LengthOf(refused) switch
            {
                > 0 => true,
                0 => false,
                null => refused.Length >= LongestExcerpt || refused.ContainsAny((byte)'\n', (byte)'\r'),
                _ => true,
            };
        }
    }

    private void CloseLastEvent()
    {
        _lines.End();
        if (!_lines.IsInsideEvent)
            return;

        EndedInsideEvent = true;
        _blankLineToSend = BlankLine.Length;
    }

    private int End(Memory<byte> buffer)
    {
        if (_blankLineToSend == 0)
        {
            if (_fault is not null)
                ExceptionDispatchInfo.Throw(_fault);

            return 0;
        }

        int count = Math.Min(_blankLineToSend, buffer.Length);
        BlankLine.AsSpan(0, count).CopyTo(buffer.Span);
        _blankLineToSend -= count;
        return count;
    }

    private void LetGoOfStart()
    {
        byte[] start = _start;
        (_start, _startAt, _startLength) = ([], 0, 0);
        if (start.Length > 0)
            ArrayPool<byte>.Shared.Return(start);
    }

    private sealed class RawBytes(ObservedStream observed) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await observed.ReadBodyAsync(buffer, cancellationToken).ConfigureAwait(false);
            observed.Observe(count);
            return count;
        }
    }
}
