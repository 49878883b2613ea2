using System.Runtime.InteropServices;
using System.Text;

namespace VllmAdapter;

/// <summary>
/// Follows the lines of an event stream as its specification has them (CR, LF and CRLF end a line, a blank line ends an event), and keeps
/// what the event parser does not tell: comments, lines that no event stream has, and whether the end came inside an event.
/// </summary>
internal sealed class LineScanner(int maxEventBytes)
{
    private const int LongestStart = 16;
    private const int LongestForeignText = 1000;

    private readonly byte[] _start = new byte[LongestStart];
    private List<byte>? _foreign;
    private long _lineLength;
    private long _eventBytes;
    private bool _skipLineFeed;
    private bool _isForeign;

    /// <summary>llama.cpp reports errors in a field of its own, which event parsers skip (ggml-org/llama.cpp#16104).</summary>
    public static ReadOnlySpan<byte> ErrorField => "error:"u8;

    public int KeepAlives { get; private set; }

    /// <summary>Lines that no event stream has; the specification says to ignore them.</summary>
    public int ForeignLines { get; private set; }

    /// <summary>Such lines came after the last event.</summary>
    public bool EndsInForeignLines { get; private set; }

    /// <summary>The beginning of the first such line after the last event.</summary>
    public ReadOnlySpan<byte> ForeignText => CollectionsMarshal.AsSpan(_foreign);

    /// <summary>An event began and was not closed.</summary>
    public bool IsInsideEvent { get; private set; }

    /// <summary>Why the lines are no event stream; none for as long as they are.</summary>
    public ForeignBody? Refused { get; private set; }

    /// <summary>Follows the bytes of one read.</summary>
    /// <returns>How many of them belong to the stream: all, or those before the line that is <see cref="Refused"/>.</returns>
    public int Scan(ReadOnlySpan<byte> bytes)
    {
        int at = _skipLineFeed && bytes[0] == '\n' ? 1 : 0;
        _skipLineFeed = false;
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            if (_lineLength == 0 && rest[0] is (byte)'{' or (byte)'[' or (byte)'<')
                return Refuse(rest[0] == '<' ? ForeignBody.Html : ForeignBody.BareJson, at);

            int length = rest[0] == '\n' ? 0 : rest.IndexOfAny((byte)'\n', (byte)'\r');
            ReadOnlySpan<byte> line = length < 0 ? rest : rest[..length];
            int before = (int)Math.Min(_lineLength, LongestStart);
            Grow(line);
            if (before < ErrorField.Length && Start.StartsWith(ErrorField))
                return Refuse(ForeignBody.ErrorField, at + ErrorField.Length - before);

            // What a stream may hold is counted before the parser has to hold it.
            _eventBytes += line.Length;
            if (_eventBytes > maxEventBytes)
                return Refuse(ForeignBody.TooLarge, at);

            if (length < 0)
                break;

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

    /// <summary>Takes over that no more bytes come: a line that has no end yet is one.</summary>
    public void End()
    {
        if (_lineLength > 0)
            EndLine(isCut: true);
    }

    // The mark before the first line is no part of it.
    private ReadOnlySpan<byte> Start
    {
        get
        {
            ReadOnlySpan<byte> start = _start.AsSpan(0, (int)Math.Min(_lineLength, LongestStart));
            return start.StartsWith(Encoding.UTF8.Preamble) ? start[Encoding.UTF8.Preamble.Length..] : start;
        }
    }

    private int Refuse(ForeignBody why, int before)
    {
        Refused = why;
        return before;
    }

    private void Grow(ReadOnlySpan<byte> more)
    {
        bool wasShort = _lineLength < LongestStart;
        int taken = 0;
        if (wasShort)
        {
            taken = Math.Min(more.Length, LongestStart - (int)_lineLength);
            more[..taken].CopyTo(_start.AsSpan((int)_lineLength));
        }

        _lineLength += more.Length;
        if (wasShort && _lineLength >= LongestStart)
            _isForeign = !IsComment(Start) && !IsField(Start, isCut: false);

        if (_isForeign)
            KeepForeign(wasShort ? Start : [], more[taken..]);
    }

    private void KeepForeign(ReadOnlySpan<byte> start, ReadOnlySpan<byte> more)
    {
        // Only the first line says something; what is behind it is mostly the rest of a page.
        if (EndsInForeignLines || _foreign is { Count: >= LongestForeignText })
            return;

        _foreign ??= [];
        _foreign.AddRange(start);
        _foreign.AddRange(more[..Math.Min(more.Length, LongestForeignText - Math.Min(_foreign.Count, LongestForeignText))]);
    }

    private void EndLine(bool isCut)
    {
        if (Start.IsEmpty)
            EndEvent();
        else if (IsComment(Start))
            KeepAlives++;
        else if (IsField(Start, isCut))
            IsInsideEvent = true;
        else
            EndForeignLine();

        _lineLength = 0;
        _isForeign = false;
    }

    private void EndEvent()
    {
        _eventBytes = 0;
        if (!IsInsideEvent)
            return;

        (IsInsideEvent, EndsInForeignLines) = (false, false);
        _foreign?.Clear();
    }

    private void EndForeignLine()
    {
        if (_lineLength < LongestStart)
            KeepForeign(Start, []);

        ForeignLines++;
        EndsInForeignLines = true;
    }

    private static bool IsComment(ReadOnlySpan<byte> start) => start is [(byte)':', ..];

    /// <summary>Whether a line that begins so is a field of an event.</summary>
    /// <param name="start">The beginning of the line.</param>
    /// <param name="isCut">Whether the line may have gone on: then the beginning of a name is one.</param>
    public static bool IsField(ReadOnlySpan<byte> start, bool isCut)
    {
        int colon = start.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon < 0 ? start : start[..colon];
        bool mayGoOn = isCut && colon < 0;
        return IsName(name, "data"u8) || IsName(name, "event"u8) || IsName(name, "id"u8) || IsName(name, "retry"u8);

        bool IsName(ReadOnlySpan<byte> read, ReadOnlySpan<byte> field) => mayGoOn ? field.StartsWith(read) : read.SequenceEqual(field);
    }
}
