using System.Buffers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;

namespace VllmAdapter;

/// <summary>A response that turned out to be a chat reply: its bytes, its events, and how to let go of it.</summary>
internal sealed class OpenReply
{
    private const int LongestExcerpt = 2000;
    private const long LargestBacklog = 1536 * 1024;

    private readonly HttpResponseMessage _response;
    private readonly Stream _wire;
    private readonly IAsyncEnumerator<SseItem<EventKind>> _events;
    private readonly ArrayBufferWriter<byte> _whole = new();

    private OpenReply(
        HttpResponseMessage response, Stream wire, ObservedStream bytes, EventDecoder decoder, bool isWhole, CancellationToken hangUp)
    {
        _response = response;
        _wire = wire;
        Bytes = bytes;
        Decoder = decoder;
        IsWhole = isWhole;
        _events = isWhole
            ? ReadWholeAsync(hangUp).GetAsyncEnumerator(hangUp)
            : SseParser.Create(bytes, Decoder.Decode).EnumerateAsync(hangUp).GetAsyncEnumerator(hangUp);
    }

    public ObservedStream Bytes { get; }

    public EventDecoder Decoder { get; }

    /// <summary>Whether the reply comes in one piece of JSON instead of as events.</summary>
    public bool IsWhole { get; }

    /// <summary>What was received of a whole reply.</summary>
    public ReadOnlySpan<byte> Whole => _whole.WrittenSpan;

    public string WholeExcerpt => Encoding.UTF8.GetString(Whole[..Math.Min(Whole.Length, LongestExcerpt)]);

    public HttpResponseMessage Response => _response;

    /// <summary>What the last read came to.</summary>
    public EventKind Current => _events.Current.Data;

    public static async ValueTask<OpenReply> OpenAsync(
        HttpResponseMessage response, ChatCall call, CancellationToken hangUp)
    {
        Stream wire = await response.Content.ReadAsStreamAsync(hangUp).ConfigureAwait(false);
        bool isWhole = IsOfType(response, "application/json");
        var bytes = new ObservedStream(Decompression.Of(response, wire), call.Clock, call.MaxEventBytes, isEventStream: !isWhole);
        return new OpenReply(response, wire, bytes, new EventDecoder(EndMarkers.KnownTo(call.Termination)), isWhole, hangUp);
    }

    /// <summary>
    /// Whether the content type is one that a chat reply may have; a missing one is read as an event stream. A reply of declared emptiness
    /// is none: Caddy without a route answers so.
    /// </summary>
    public static bool CanBeOne(HttpResponseMessage response) => response.Content.Headers.ContentLength != 0
        && (response.Content.Headers.ContentType?.MediaType is null || IsOfType(response, "text/event-stream") || IsOfType(response, "application/json"));

    /// <summary>Goes to the next event; false at the end of the body.</summary>
    public ValueTask<bool> ReadAsync() => _events.MoveNextAsync();

    /// <summary>Lets go of the reply. Hanging up closes the connection, which is what makes vLLM stop generating.</summary>
    public async ValueTask CloseAsync(bool hangUp)
    {
        if (hangUp)
            await CutAsync().ConfigureAwait(false);

        await _events.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
    }

    // Disposing alone would first read on for a while, to save the connection: seconds of work on the server. A read that is
    // cancelled while it is under way closes the connection at once, so what is here already must be read first. Of a server that
    // floods there is no end; but it sends more than any handler would read on for, and so disposing closes the connection.
    private async ValueTask CutAsync()
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int count = 1;
            for (long backlog = 0; count > 0 && backlog < LargestBacklog; backlog += count)
            {
                // A token of its own: with one that is cancelled beforehand a read returns and closes nothing.
                using var cancelled = new CancellationTokenSource();
                ValueTask<int> read = _wire.ReadAsync(scratch, cancelled.Token);
                if (!read.IsCompleted)
                    await cancelled.CancelAsync().ConfigureAwait(false);

                count = await read.ConfigureAwait(false);
            }
        }
        catch (Exception closed) when (closed is not OutOfMemoryException)
        {
            // That is what it was for.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    // One event, as large as the reply. JSON that is whole is an answer, whatever became of the connection after it.
    private async IAsyncEnumerable<SseItem<EventKind>> ReadWholeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? fault = null;
        try
        {
            int count;
            while ((count = await Bytes.ReadAsync(_whole.GetMemory(4 * 1024), cancellationToken).ConfigureAwait(false)) > 0)
                _whole.Advance(count);
        }
        catch (Exception broken) when (Bytes.Refusal is null)
        {
            fault = ExceptionDispatchInfo.Capture(broken);
        }

        EventKind kind = Decoder.Decode("message", Whole.StartsWith(Encoding.UTF8.Preamble) ? Whole[Encoding.UTF8.Preamble.Length..] : Whole);
        if (fault is null || kind is EventKind.Chunk or EventKind.Error)
            yield return new SseItem<EventKind>(kind);

        fault?.Throw();
    }

    private static bool IsOfType(HttpResponseMessage response, string mediaType) =>
        string.Equals(response.Content.Headers.ContentType?.MediaType, mediaType, StringComparison.OrdinalIgnoreCase);
}
