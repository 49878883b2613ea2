using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Says what an event is, and decodes it.</summary>
internal sealed class EventDecoder(byte[][] sentinels, int answersAsked, Secrets secrets, IEventTranslation? translation = null)
{
    private const int LongestSentinel = 64;
    private const int LongestExcerpt = 8 * 1024;

    private static readonly List<ChatChunk> None = [];

    private byte[] _event = [];
    private Range? _glued;
    private byte[] _behind = [];
    private Range? _untranslated;
    private bool _isTranslated;

    public ChunkReader Reader { get; } = new(answersAsked);

    /// <summary>The text of the last sentinel.</summary>
    public string? Sentinel { get; private set; }

    /// <summary>Whether the last sentinel is known to end a stream.</summary>
    public bool MarksTheEnd { get; private set; }

    public ServerError? Error { get; private set; }

    /// <summary>The chunks of the last event; none if it was no JSON.</summary>
    public List<ChatChunk> Chunks { get; private set; } = None;

    /// <summary>The beginning of the last event that could not be read.</summary>
    public string? Unreadable { get; private set; }

    public string? WhyUnreadable { get; private set; }

    /// <summary>Whether the unreadable event is JSON that only lacks its end.</summary>
    public bool IsCut { get; private set; }

    /// <summary>How many tokens the server says it allowed the answer, where its route says it.</summary>
    public int? TokensAllowed => translation?.TokensAllowed;

    /// <summary>What the last event of the parser was.</summary>
    public EventKind Kind { get; private set; }

    /// <summary>Decodes for the parser. What it hands on is the decoder itself: the code for a class is compiled with .NET, that for an enum when it first runs.</summary>
    public EventDecoder Next(string eventType, ReadOnlySpan<byte> data)
    {
        Kind = Decode(eventType, data);
        return this;
    }

    public EventKind Decode(string eventType, ReadOnlySpan<byte> data)
    {
        _behind = [];
        return DecodeAnew(eventType, data);
    }

    private EventKind DecodeAnew(string eventType, ReadOnlySpan<byte> data)
    {
        (_event, _isTranslated, _untranslated) = ([], false, null);
        return DecodeFirst(eventType, data);
    }

    private EventKind DecodeFirst(string eventType, ReadOnlySpan<byte> data)
    {
        _glued = null;
        Chunks = None;
        ReadOnlySpan<byte> text = Trim(data);
        bool isNamed = eventType.Length > 0 && eventType != "message";
        return text switch
        {
            _ when IsSentinel(text) => Mark(text, isTheEnd: true),
            [(byte)'{', ..] when eventType != "error" && translation is not null && !_isTranslated => Translate(text, isNamed),
            [(byte)'{', ..] when eventType != "error" => DecodeObject(text, isNamed),
            _ when eventType == "error" => DecodeError(text),
            [] => EventKind.Nothing,
            _ when text.SequenceEqual("null"u8) => EventKind.Nothing,
            _ when isNamed => EventKind.Nothing, // a ping of a gateway's own
            _ when LooksLikeASentinel(text) => Mark(text, isTheEnd: false),
            _ => Refuse(text, "an event holds something other than a JSON object"),
        };
    }

    /// <summary>Decodes what a proxy glued to the last event without a blank line, if it did.</summary>
    public EventKind? DecodeGlued() => _glued is { } rest ? DecodeFirst("message", _event.AsSpan(rest))
        : _untranslated is { } next ? DecodeAnew("message", _behind.AsSpan(next))
        : null;

    // One event of another route may be several of a chat, the sentinel behind them.
    private EventKind Translate(ReadOnlySpan<byte> text, bool isNamed)
    {
        try
        {
            int length = translation!.Translate(text, out ReadOnlySpan<byte> chunk);
            if (Trim(text[length..]) is { IsEmpty: false } rest)
                KeepUntranslated(rest);

            _isTranslated = true;
            return chunk switch
            {
                [] => EventKind.Nothing,
                [(byte)'{', ..] => DecodeObject(chunk, isNamed && chunk == text),
                _ => DecodeFirst("message", chunk),
            };
        }
        catch (JsonException why)
        {
            return Refuse(text, why.Message);
        }
    }

    private EventKind DecodeObject(ReadOnlySpan<byte> text, bool isNamed)
    {
        try
        {
            int length = Reader.Read(text);
            ReadOnlySpan<byte> rest = Trim(text[length..]);
            if (!rest.IsEmpty)
                KeepGlued(rest);
        }
        catch (JsonException why)
        {
            return Refuse(text, why.Message);
        }

        Chunks = Reader.Chunks;
        Error = Reader.Error;
        return Error is not null ? EventKind.Error
            : isNamed && Chunks.Count == 0 ? EventKind.Nothing
            : EventKind.Chunk;
    }

    private void KeepUntranslated(ReadOnlySpan<byte> rest)
    {
        if (_behind.Length == 0)
            _behind = rest.ToArray();

        _untranslated = ^rest.Length..;
    }

    // However many are glued together, they are copied only once.
    private void KeepGlued(ReadOnlySpan<byte> rest)
    {
        if (_event.Length == 0)
            _event = rest.ToArray();

        _glued = ^rest.Length..;
    }

    // An event named "error" is one, whatever its data look like.
    private EventKind DecodeError(ReadOnlySpan<byte> text)
    {
        Error = ServerError.FromBody("application/json", text, secrets);
        return EventKind.Error;
    }

    // Some servers quote their sentinel, or write it small.
    private bool IsSentinel(ReadOnlySpan<byte> text)
    {
        if (text is [(byte)'"', .. var quoted, (byte)'"'])
            text = quoted;

        foreach (byte[] sentinel in sentinels)
        {
            if (text.SequenceEqual(sentinel) || Ascii.EqualsIgnoreCase(text, sentinel))
                return true;
        }

        return false;
    }

    // A sentinel of somebody's own; whether it ends the stream is the policy's business.
    private static bool LooksLikeASentinel(ReadOnlySpan<byte> text) =>
        text.Length <= LongestSentinel && !text.ContainsAny("\"\n\r{<"u8) && text[0] is (byte)'[' or (>= (byte)'A' and <= (byte)'Z');

    private EventKind Mark(ReadOnlySpan<byte> text, bool isTheEnd)
    {
        (Sentinel, MarksTheEnd) = (Encoding.UTF8.GetString(text), isTheEnd);
        return EventKind.Sentinel;
    }

    private EventKind Refuse(ReadOnlySpan<byte> text, string why)
    {
        Unreadable = Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestExcerpt)]);
        WhyUnreadable = why;
        IsCut = ArgumentsTextReading.Read(text) == ArgumentsText.Open;
        return EventKind.Unreadable;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t\r\n"u8);
}
