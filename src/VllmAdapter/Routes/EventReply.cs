using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>The events of a route other than chat: one reply, from its sending to its last event.</summary>
internal sealed class EventReply : IAsyncDisposable
{
    private const int LargestExcerpt = 256 * 1024;

    private readonly AdapterSettings _settings;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _silence = new();
    private readonly ITimer _limit;
    private readonly CancellationTokenSource _either;
    private FailureFacts _about;
    private HttpResponseMessage? _response;
    private Stream? _wire;
    private ObservedStream? _bytes;
    private IAsyncEnumerator<SseItem<string>>? _events;
    private bool _hasEnded;
    private int _count;

    private EventReply(ServerQuestion question, AdapterSettings settings, CancellationToken whole)
    {
        (_settings, _clock, _about) = (settings, settings.Transport.Clock, settings.Server.Calls.AboutOf(question));
        _limit = _clock.CreateTimer(
            static silence => ((CancellationTokenSource)silence!).Cancel(), _silence, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _either = CancellationTokenSource.CreateLinkedTokenSource(whole, _silence.Token);
    }

    /// <summary>The event that came last.</summary>
    public SseItem<string> Current { get; private set; }

    /// <summary>Whether there is one that was not passed yet.</summary>
    public bool HasCurrent { get; private set; }

    private TimeLimits Limits => _settings.Options.TimeLimits;

    /// <summary>Sends a question once, and waits for the first event of the answer.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="settings">How.</param>
    /// <param name="whole">Ends the reply, whenever it is canceled.</param>
    /// <param name="attempts">Ends the attempt; has no say once the first event came.</param>
    /// <exception cref="VllmRequestException">No event came.</exception>
    public static async Task<EventReply> OpenAsync(ServerQuestion question, AdapterSettings settings, CancellationToken whole, CancellationToken attempts)
    {
        var reply = new EventReply(question, settings, whole);
        try
        {
            using (attempts.UnsafeRegister(static either => ((CancellationTokenSource)either!).Cancel(), reply._either))
            {
                await reply.BeginAsync(question).ConfigureAwait(false);
                await reply.MoveNextAsync(reply.Limits.FirstChunk).ConfigureAwait(false);
            }

            return reply;
        }
        catch
        {
            await reply.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Goes to the next event, if there is one.</summary>
    public ValueTask MoveNextAsync() => MoveNextAsync(Limits.BetweenChunks);

    public async ValueTask DisposeAsync()
    {
        if (_wire is { } wire && !_hasEnded)
            await HangUp.CutAsync(wire).ConfigureAwait(false);

        try
        {
            if (_events is not null)
                await _events.DisposeAsync().ConfigureAwait(false);

            _response?.Dispose();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Whatever goes wrong in letting go changes nothing about what was received.
        }

        await _limit.DisposeAsync().ConfigureAwait(false);
        _either.Dispose();
        _silence.Dispose();
    }

    private async Task BeginAsync(ServerQuestion question)
    {
        using HttpRequestMessage message = _settings.Server.Calls.NewMessage(question);
        message.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        await WithinAsync(Limits.Headers, async token =>
        {
            if (_settings.Transport.ApiKeys.Rotate)
            {
                string? key = await _settings.Transport.ApiKeys.AuthorizeAsync(message, token).ConfigureAwait(false);
                _about = _about with { Secrets = _about.Secrets.And(key) };
            }

            _response = await _settings.Transport.SendAsync(
                message, sending => _about with { RequestId = sending.RequestId, Attempts = _about.Attempts + sending.Resends }, token).ConfigureAwait(false);
            Stream wire = await _response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            _wire = HeedingStream.Of(_response.Content, wire);
            _bytes = new ObservedStream(Decompression.Of(_response, _wire), _clock, _settings.Options.MaxEventBytes, _settings.Options.MaxReplyBytes);
            return true;
        }).ConfigureAwait(false);
    }

    private async ValueTask MoveNextAsync(TimeSpan limit)
    {
        HasCurrent = false;
        if (_hasEnded)
            return;

        HasCurrent = await WithinAsync(limit, ReadAsync).ConfigureAwait(false);
        if (!HasCurrent)
        {
            _hasEnded = true;
            if (_count == 0)
                throw BrokenOff(new HttpIOException(HttpRequestError.ResponseEnded, "The reply ended without a single event."));

            return;
        }

        Current = _events!.Current;
        if (ServerErrorIn(Current.Data) is { } error)
            throw VllmRequestException.For(_about with { Status = _response!.StatusCode, Error = error, InsideStream = true });

        // What was cut in the middle is no event. Some servers leave out the blank line behind the last one, which is whole then.
        if (_bytes!.EndedInsideEvent)
        {
            _hasEnded = true;
            if (_bytes.IsBroken || !IsWhole(Current.Data))
                throw BrokenOff(new HttpIOException(HttpRequestError.ResponseEnded, "The reply ended inside an event."), Current.Data);
        }

        _count++;
    }

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_events is null)
        {
            BodyKind kind = await _bytes!.SniffAsync(cancellationToken).ConfigureAwait(false);
            if (kind == BodyKind.Json || (kind != BodyKind.Events && !_bytes.IsBroken && !IsLabelledEvents))
                throw await NoEventsAsync(cancellationToken).ConfigureAwait(false);

            _events = SseParser.Create(_bytes).EnumerateAsync(_either.Token).GetAsyncEnumerator(_either.Token);
        }

        return await _events.MoveNextAsync().ConfigureAwait(false);
    }

    private bool IsLabelledEvents => _response!.Content.Headers.ContentType?.MediaType is null or "text/event-stream";

    private async Task<VllmRequestException> NoEventsAsync(CancellationToken cancellationToken)
    {
        BoundedBody body = await BoundedBody.ReadAsync(_bytes!.Raw, LargestExcerpt, cancellationToken, _clock).ConfigureAwait(false);
        return _settings.Transport.NotAReply(_response!, _about, body.Bytes);
    }

    // Only waiting for the server is limited; what the reader of the events does in between takes as long as it takes.
    private async Task<bool> WithinAsync(TimeSpan limit, Func<CancellationToken, Task<bool>> wait)
    {
        _limit.Change(limit, Timeout.InfiniteTimeSpan);
        try
        {
            return await wait(_either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException given) when (_silence.IsCancellationRequested)
        {
            throw VllmRequestException.For(_about with { GaveUpAfter = limit, EventsBefore = _count > 0 ? _count : null, Cause = given });
        }
        catch (InvalidDataException unreadable)
        {
            throw VllmRequestException.For(_about with { Status = _response!.StatusCode, Invalid = unreadable.Message, Cause = unreadable });
        }
        catch (IOException broken)
        {
            throw BrokenOff(broken);
        }
        finally
        {
            _limit.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private VllmRequestException BrokenOff(Exception cause, string rest = "") => VllmRequestException.For(_about with
    {
        Status = _response?.StatusCode,
        Cause = cause,
        BrokeOffAfter = _clock.GetElapsedTime(_bytes!.LastReadAt),
        EventsBefore = _count > 0 ? _count : null,
        Error = new ServerError { Raw = ServerText.Cut(rest, LargestExcerpt) },
    });

    private ServerError? ServerErrorIn(string data) =>
        data.StartsWith('{') && data.Contains("error", StringComparison.Ordinal)
        && ServerError.TryRead(Encoding.UTF8.GetBytes(data), out ServerError? error, _about.Secrets) ? error : null;

    private static bool IsWhole(string data)
    {
        if (data == "[DONE]")
            return true;

        try
        {
            using JsonDocument document = JsonDocument.Parse(data);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
