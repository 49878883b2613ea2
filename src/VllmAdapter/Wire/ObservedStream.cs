using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

namespace VllmAdapter;

/// <summary>
/// Sits between the response body and the event parser and sees what the parser hides: when bytes came, keep-alive comments, lines
/// that are no event stream, and a body that ends inside an event.
/// </summary>
/// <remarks>
/// A last event that lacks its blank line is closed here, so that the parser hands it out; whether it can be read decides what it
/// was worth. A broken connection, or that nobody waits for more, is reported only after that.
/// </remarks>
internal sealed class ObservedStream(Stream body, TimeProvider clock, int maxEventBytes, bool isEventStream) : ForwardStream
{
    private const int ExcerptBytes = 2000;
    private const int LongestFieldStart = 16;
    private const int MostReadsInARow = 64;

    private static readonly byte[] BlankLine = "\n\n"u8.ToArray();

    private readonly byte[] _lineStart = new byte[LongestFieldStart];
    private long _lineLength;
    private bool _hasOpenFields;
    private bool _skipLineFeed;
    private int _readsSinceEvent;
    private long _eventBytes;
    private int _blankLineToSend;
    private List<byte>? _refused;
    private Exception? _fault;
    private bool _hasEnded;

    /// <summary>When the last bytes came, as a timestamp of the clock.</summary>
    public long LastReadAt { get; private set; } = clock.GetTimestamp();

    public long BytesRead { get; private set; }

    public int KeepAlives { get; private set; }

    /// <summary>Lines that no event stream has; the specification says to ignore them.</summary>
    public int ForeignLines { get; private set; }

    /// <summary>Such lines came after the last event.</summary>
    public bool EndsInForeignLines { get; private set; }

    /// <summary>The body ended, broke or was given up after the beginning of an event and before its blank line.</summary>
    public bool EndedInsideEvent { get; private set; }

    /// <summary>Why the body is no event stream.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The beginning of what was refused: its JSON, over however many lines, or else its first line.</summary>
    public ReadOnlySpan<byte> RefusedText
    {
        get
        {
            ReadOnlySpan<byte> text = CollectionsMarshal.AsSpan(_refused);
            int end = text.IndexOf((byte)'\n');
            bool isWhole = end < 0 || ArgumentsTextReading.Read(text) == ArgumentsText.Object;
            return text[..Math.Min(isWhole ? text.Length : end, ExcerptBytes)];
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Refusal is not null)
            return RefuseAsync(cancellationToken);

        if (_hasEnded)
            return _fault is null || _blankLineToSend > 0 ? new ValueTask<int>(End(buffer)) : ValueTask.FromException<int>(_fault);

        ValueTask<int> read = body.ReadAsync(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully || ++_readsSinceEvent % MostReadsInARow == 0)
            return AwaitAsync(read, buffer, cancellationToken);

        int count = Observe(buffer, read.Result);
        return Refusal is null || count > 0 ? new ValueTask<int>(count) : RefuseAsync(cancellationToken);
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

        count = Observe(buffer, count);
        return Refusal is null || count > 0 ? count : await RefuseAsync(cancellationToken).ConfigureAwait(false);
    }

    // The rest of what is refused may say why it is there.
    private async ValueTask<int> RefuseAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ExcerptBytes];
        while (_refused is { Count: < ExcerptBytes } && !SaysEnough)
        {
            int count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;

            _refused.AddRange(buffer.AsSpan(0, count));
        }

        throw new InvalidDataException(Refusal);
    }

    private bool SaysEnough => ArgumentsTextReading.Read(CollectionsMarshal.AsSpan(_refused)) switch
    {
        ArgumentsText.Object => true,
        ArgumentsText.Open => false,
        _ => _refused!.Contains((byte)'\n'),
    };

    private int Observe(Memory<byte> buffer, int count)
    {
        if (_fault is not OperationCanceledException)
            LastReadAt = clock.GetTimestamp();

        if (count > 0)
        {
            BytesRead += count;
            if (isEventStream)
                return Scan(buffer.Span[..count]);

            Grow(count);
            return count;
        }

        _hasEnded = true;
        if (isEventStream)
            CloseLastEvent();

        return End(buffer);
    }

    private void CloseLastEvent()
    {
        if (_lineLength > 0)
            EndLine(isCut: true);

        if (!_hasOpenFields)
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

    // Line by line, as the specification has it: CR, LF and CRLF end a line, a blank line ends an event.
    private int Scan(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        if (_skipLineFeed && bytes[0] == '\n')
            at = 1;

        _skipLineFeed = false;
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            if (_lineLength == 0 && rest[0] is (byte)'{' or (byte)'[' or (byte)'<')
                return RefuseLine(rest, at);

            int length = rest[0] == '\n' ? 0 : rest.IndexOfAny((byte)'\n', (byte)'\r');
            if (length < 0)
            {
                GrowLine(rest);
                Grow(rest.Length);
                break;
            }

            GrowLine(rest[..length]);
            Grow(length + 1);
            EndLine(isCut: false);
            at += length + 1;
            if (rest[length] == '\r')
            {
                if (at == bytes.Length)
                    _skipLineFeed = true;
                else if (bytes[at] == '\n')
                    at++;
            }
        }

        return bytes.Length;
    }

    private void GrowLine(ReadOnlySpan<byte> more)
    {
        if (_lineLength < LongestFieldStart)
            more[..Math.Min(more.Length, LongestFieldStart - (int)_lineLength)].CopyTo(_lineStart.AsSpan((int)_lineLength));

        _lineLength += more.Length;
    }

    private void EndLine(bool isCut)
    {
        if (_lineLength == 0)
        {
            if (_hasOpenFields)
                (_readsSinceEvent, EndsInForeignLines) = (0, false);

            _hasOpenFields = false;
            _eventBytes = 0;
        }
        else
        {
            // The mark before the first line is no part of it.
            ReadOnlySpan<byte> start = _lineStart.AsSpan(0, (int)Math.Min(_lineLength, LongestFieldStart));
            if (start.StartsWith(Encoding.UTF8.Preamble))
                start = start[Encoding.UTF8.Preamble.Length..];

            if (start is [(byte)':', ..])
                KeepAlives++;
            else if (IsField(start, isCut))
                _hasOpenFields = true;
            else
                (ForeignLines, EndsInForeignLines) = (ForeignLines + 1, true);
        }

        _lineLength = 0;
    }

    private static bool IsField(ReadOnlySpan<byte> start, bool isCut)
    {
        int colon = start.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon < 0 ? start : start[..colon];
        return IsName(name, "data"u8) || IsName(name, "event"u8) || IsName(name, "id"u8) || IsName(name, "retry"u8);

        bool IsName(ReadOnlySpan<byte> read, ReadOnlySpan<byte> field) =>
            isCut && colon < 0 ? field.StartsWith(read) : read.SequenceEqual(field);
    }

    private void Grow(int count)
    {
        _eventBytes += count;
        if (_eventBytes > maxEventBytes)
        {
            Refusal = $"{(isEventStream ? "An event" : "A reply")} of more than {maxEventBytes:N0} bytes was refused; raise VllmAdapterOptions.MaxEventBytes if the server means it";
            throw new InvalidDataException(Refusal);
        }
    }

    // What came before the line is handed out first; the next read refuses.
    private int RefuseLine(ReadOnlySpan<byte> line, int before)
    {
        _refused = [.. line];
        Refusal = line[0] == '<'
            ? "The body holds HTML instead of events; a proxy may have answered"
            : "The body holds bare JSON instead of events (\"data: ...\" lines)";
        return before;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();

        base.Dispose(disposing);
    }
}
