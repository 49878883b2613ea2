using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;

namespace VllmAdapter;

/// <summary>The body of a success: its bytes, its events or its one JSON value, and how to let go of it.</summary>
internal sealed class ReplyBody
{
    private const int LongestExcerpt = 8 * 1024;
    private const int LargestRefusal = 256 * 1024;

    private readonly ChatCall _call;
    private readonly Stream _wire;
    private readonly Stream _decompressed;
    private readonly CancellationToken _cancellationToken;
    private IAsyncEnumerator<SseItem<EventDecoder>>? _events;
    private BoundedBody? _whole;
    private bool _isRead;
    private bool _isDecoded;

    private ReplyBody(HttpResponseMessage response, Stream wire, ChatCall call, CancellationToken cancellationToken)
    {
        (Response, _wire, _call, _cancellationToken) = (response, wire, call, cancellationToken);
        _decompressed = Decompression.Of(response, wire);
        Bytes = new ObservedStream(_decompressed, call.Clock, call.MaxEventBytes, call.MaxReplyBytes);
        Decoder = new EventDecoder(PolicyTraits.Of(call.Termination).Sentinels, call.Evidence.ChoiceCount, call.Secrets, Translation(call.Path));
    }

    public HttpResponseMessage Response { get; }

    public ObservedStream Bytes { get; }

    public EventDecoder Decoder { get; }

    /// <summary>Whether the reply comes in one piece of JSON instead of as events.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Whether what came is neither events nor JSON, nor called an event stream.</summary>
    public bool IsForeign { get; private set; }

    /// <summary>Whether what is called an event stream is JSON that is neither a reply nor an error.</summary>
    public bool IsBareJson { get; private set; }

    /// <summary>What was received of a body that does not hold events.</summary>
    public ReadOnlySpan<byte> Whole => _whole is { } body ? body.Bytes : [];

    public string WholeExcerpt => Encoding.UTF8.GetString(Whole[..Math.Min(Whole.Length, LongestExcerpt)]);

    /// <summary>Why nothing more is read of the body, in words.</summary>
    public string? Refusal => _whole is { IsTooLarge: true } && !IsForeign
        ? $"A reply of more than {_call.MaxEventBytes:N0} bytes was refused; raise VllmAdapterOptions.MaxEventBytes if the server means it"
        : Bytes.Refusal;

    /// <summary>What the last read came to.</summary>
    public EventKind Current { get; private set; }

    // Caddy without a route answers so.
    private bool IsDeclaredEmpty => Response.Content.Headers.ContentLength == 0;

    private bool IsLabelledJson => IsOfType("application/json");

    private bool IsLabelledEvents => Response.Content.Headers.ContentType?.MediaType is null || IsOfType("text/event-stream");

    public static ValueTask<ReplyBody> OpenAsync(HttpResponseMessage response, ChatCall call, CancellationToken cancellationToken)
    {
        try
        {
            // That of .NET's own connection is there.
            Task<Stream> opening = response.Content.ReadAsStreamAsync(cancellationToken);
            return opening.IsCompletedSuccessfully
                ? new(new ReplyBody(response, HeedingStream.Of(response.Content, opening.Result), call, cancellationToken))
                : OpenAsync(response, opening, call, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static async ValueTask<ReplyBody> OpenAsync(
        HttpResponseMessage response, Task<Stream> opening, ChatCall call, CancellationToken cancellationToken)
    {
        try
        {
            Stream wire = await opening.ConfigureAwait(false);
            return new ReplyBody(response, HeedingStream.Of(response.Content, wire), call, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Goes to the next event; false at the end of the body. What it comes to is to be taken over with <see cref="Take"/>.</summary>
    /// <remarks>The parser's own task: whoever waits for it waits without a method of this class in between.</remarks>
    public ValueTask<bool> ReadAsync()
    {
        // Two events that a proxy glued together are two events.
        if (Decoder.DecodeGlued() is { } glued)
        {
            (Current, _isDecoded) = (glued, true);
            return new ValueTask<bool>(true);
        }

        return _events is null ? BeginAsync() : _events.MoveNextAsync();
    }

    /// <summary>Takes over what a read came to.</summary>
    public void Take(bool hasEvent)
    {
        Bytes.EventCame();
        if (hasEvent && !_isDecoded)
            Current = Decoder.Kind;

        _isDecoded = false;
    }

    /// <summary>Lets go of the reply. Hanging up closes the connection, which is what makes vLLM stop generating.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask CloseAsync(bool hangUp)
    {
        if (hangUp)
            await HangUp.CutAsync(_wire).ConfigureAwait(false);

        try
        {
            if (_events is not null)
                await _events.DisposeAsync().ConfigureAwait(false);

            await _decompressed.DisposeAsync().ConfigureAwait(false);
            Response.Dispose();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Whatever goes wrong in letting go changes nothing about what was received.
        }
    }

    // A body is what its first bytes say, whatever it is called: gateways label events as JSON and replies as events.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> BeginAsync()
    {
        if (_isRead)
            return false;

        BodyKind kind = await Bytes.SniffAsync(_cancellationToken).ConfigureAwait(false);
        IsWhole = kind == BodyKind.Json || (kind == BodyKind.Nothing && IsLabelledJson);
        IsForeign = !IsWhole && !Bytes.IsBroken && kind != BodyKind.Events && (!IsLabelledEvents || IsDeclaredEmpty);
        if (!IsWhole && !IsForeign)
        {
            _events = SseParser.Create(Bytes, Decoder.Next).EnumerateAsync(_cancellationToken).GetAsyncEnumerator(_cancellationToken);
            return await _events.MoveNextAsync().ConfigureAwait(false);
        }

        (_isRead, _isDecoded) = (true, true);
        if (IsForeign)
        {
            _whole = await ReadForeignAsync().ConfigureAwait(false);
            return true;
        }

        _whole = await BoundedBody.ReadAsync(Bytes.Raw, _call.MaxEventBytes, _cancellationToken, _call.Clock).ConfigureAwait(false);

        if (_whole.IsTooLarge)
            throw new InvalidDataException(Refusal);

        Current = DecodeWhole();

        // JSON that is whole is an answer, whatever became of the connection after it.
        if (_whole.Fault is { } fault && Current is not (EventKind.Chunk or EventKind.Error))
            ExceptionDispatchInfo.Throw(fault);

        return true;
    }

    // Its beginning says what it is; it need not have an end.
    private async ValueTask<BoundedBody> ReadForeignAsync()
    {
        using var timer = new CancellationTokenSource(VllmTransport.RefusalLimit, _call.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_cancellationToken, timer.Token);
        BoundedBody body = await BoundedBody.ReadAsync(Bytes.Raw, LargestRefusal, either.Token, _call.Clock).ConfigureAwait(false);

        // Who was told to stop has no use for what it would have said.
        _cancellationToken.ThrowIfCancellationRequested();
        return body;
    }

    private EventKind DecodeWhole()
    {
        ReadOnlySpan<byte> json = Whole.StartsWith(Encoding.UTF8.Preamble) ? Whole[Encoding.UTF8.Preamble.Length..] : Whole;
        if (IsLabelledJson)
            return Decoder.Decode("message", json);

        // Behind a reply that is called an event stream a sentinel may stand (decolua/9router#3492).
        json = JsonFront.LengthOf(json) is > 0 and var length ? json[..length] : json;
        EventKind kind = Decoder.Decode("message", json);
        if (kind == EventKind.Error || (kind == EventKind.Chunk && MayBeAReply(json)))
            return kind;

        (IsBareJson, IsForeign) = (IsLabelledEvents, !IsLabelledEvents);
        return EventKind.Unreadable;
    }

    // Whole completions have a text where chats have a message.
    private bool MayBeAReply(ReadOnlySpan<byte> json) => _call.Path switch
    {
        VllmEndpoint.Completions => json.IndexOf("\"text\""u8) >= 0 || json.IndexOf("\"message\""u8) >= 0,
        VllmEndpoint.Responses => json.IndexOf("\"response\""u8) >= 0,
        _ => json.IndexOf("\"message\""u8) >= 0,
    };

    private static IEventTranslation? Translation(string path) => path switch
    {
        VllmEndpoint.Responses => new ResponseEvents(),
        VllmEndpoint.Messages => new MessageEvents(),
        _ => null,
    };

    private bool IsOfType(string mediaType) =>
        string.Equals(Response.Content.Headers.ContentType?.MediaType, mediaType, StringComparison.OrdinalIgnoreCase);
}
