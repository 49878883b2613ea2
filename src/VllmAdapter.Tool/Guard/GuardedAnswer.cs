using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text;

namespace VllmAdapter.Tool.Guard;

/// <summary>Asks for one answer through an adapter, and makes of it the reply that the proxy hands to the client.</summary>
/// <remarks>
/// <para>Step 1: ask, as often as needed, until an answer begins or is refused.</para>
/// <para>Step 2: hand its frames on while they come; hold what must not go out before the end is known (<see cref="AnswerFrames"/>).</para>
/// <para>Step 3: at the outcome decide (<see cref="Ending"/>), and write the end.</para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The handler that it owns holds nothing: what it sends goes through the proxy's client.")]
internal sealed class GuardedAnswer
{
    private static readonly PipeOptions Inline = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, minimumSegmentSize: 1024, useSynchronizationContext: false);

    private readonly GuardExchange _exchange;
    private readonly HttpRequestMessage _template;
    private readonly UpstreamAttempts _attempts;
    private readonly Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> _send;
    private readonly ContextWindowMemory _windows;
    private readonly GuardMetrics _metrics;

    public GuardedAnswer(
        GuardExchange exchange,
        HttpRequestMessage template,
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send,
        ContextWindowMemory windows,
        GuardMetrics metrics)
    {
        (_exchange, _template, _send, _windows, _metrics) = (exchange, template, send, windows, metrics);
        _attempts = new UpstreamAttempts(exchange, template, send);
    }

    public async Task<HttpResponseMessage> AskAsync(CancellationToken cancellationToken)
    {
        if (_exchange.Request.Json is null)
            return await AskUnjudgedAsync(cancellationToken).ConfigureAwait(false);

        CancellationTokenSource? left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            IAsyncEnumerator<ChatChunk> chunks = Ask().GetAsyncEnumerator(left.Token);

            // Step 1.
            await chunks.MoveNextAsync().ConfigureAwait(false);
            ChatChunk first = chunks.Current;
            if (_attempts.Frames is { IsWhole: false } && first.Outcome is null)
            {
                // It outlives this method: it is canceled when the proxy lets go of the body.
                HttpResponseMessage streamed = Streamed(chunks, first, left);
                left = null;
                return streamed;
            }

            while (first.Outcome is null && await chunks.MoveNextAsync().ConfigureAwait(false))
                first = chunks.Current;

            await chunks.DisposeAsync().ConfigureAwait(false);
            return Whole(Judge(first.Outcome!));
        }
        catch (VllmRequestException refused)
        {
            return Refused(refused);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _metrics.Left();
            throw;
        }
        catch (ArgumentException unusable)
        {
            _metrics.Refused(400);
            return Replies.Error(400, unusable.Message, "invalid_request_error");
        }
        finally
        {
            left?.Dispose();
        }
    }

    private IAsyncEnumerable<ChatChunk> Ask()
    {
        GuardedRequest asked = _exchange.Request;
        string address = _template.RequestUri!.GetLeftPart(UriPartial.Path);
        string? key = _template.Headers.Authorization is { Scheme: "Bearer", Parameter: { Length: > 0 } bearer } && Ascii.IsValid(bearer) ? bearer : null;
        VllmAdapterOptions options = _exchange.Options.ToAdapterOptions(new Uri(address), key, _windows.Of(address, asked.Model));
        var http = new HttpClient(_attempts, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        return Questions.Ask(new VllmInferenceAdapter(http, options), asked, ClientsId() is { } id ? new RequestHeaders { RequestId = id } : null);
    }

    private string? ClientsId() =>
        _template.Headers.NonValidated.TryGetValues("X-Request-Id", out var id) && id.ToString() is { Length: > 0 and < 200 } text && Ascii.IsValid(text) ? text : null;

    // Step 2.
    private HttpResponseMessage Streamed(IAsyncEnumerator<ChatChunk> chunks, ChatChunk first, CancellationTokenSource left)
    {
        var pipe = new Pipe(Inline);
        HttpResponseMessage response = _attempts.Head!.With(new StreamContent(new AnswerBody(pipe.Reader, left)));
        _ = PumpAsync(chunks, first, pipe.Writer, response);
        return response;
    }

    private async Task PumpAsync(IAsyncEnumerator<ChatChunk> chunks, ChatChunk first, PipeWriter client, HttpResponseMessage response)
    {
        bool isJudged = false;
        try
        {
            var frames = new AnswerFrames(client, _exchange);
            FrameStream body = _attempts.Frames!;
            body.Settled = frames.Settle;
            ChatChunk chunk = first;
            while (chunk.Outcome is null)
            {
                frames.Read(chunk);
                await frames.CatchUpAsync().ConfigureAwait(false);
                if (frames.IsAbandoned || !await chunks.MoveNextAsync().ConfigureAwait(false))
                {
                    _metrics.Left();
                    return;
                }

                chunk = chunks.Current;
            }

            // Step 3.
            await frames.CatchUpAsync().ConfigureAwait(false);
            Ending ending = Judge(chunk.Outcome);
            isJudged = true;
            frames.End(ending, body.Unsettled);
            response.TrailingHeaders.TryAddWithoutValidation(Words.VerdictHeader, Words.Snake(chunk.Outcome.Verdict));
            await frames.CatchUpAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // Nobody judged what went out so far; the client must not take it for whole.
            _exchange.BreaksOff = true;
            if (fault is not OperationCanceledException)
                _metrics.Failed();
            else if (!isJudged)
                _metrics.Left();
        }
        finally
        {
            try
            {
                await chunks.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                await client.CompleteAsync().ConfigureAwait(false);
            }
        }
    }

    private Ending Judge(StreamOutcome outcome)
    {
        _windows.Keep(_template.RequestUri!.GetLeftPart(UriPartial.Path), _exchange.Request.Model, outcome.Evidence.Request.ContextWindow);
        Ending ending = _exchange.Ended = Ending.Of(outcome, _exchange.Options.OnCut);
        _metrics.Ended(ending);
        return ending;
    }

    private HttpResponseMessage Whole(Ending ending)
    {
        if (ending.IsError || _attempts.Frames is not { IsWhole: true } reply)
            return Replies.Error(ending);

        byte[] body = reply.Unsettled.ToArray();
        if (ending.Reasons.Count > 0)
            body = WholeEdits.WithReasons(body, ending, _exchange.Options.Explain, _exchange.Request.Route);

        HttpResponseMessage response = _attempts.Head!.With(new ByteArrayContent(body));
        response.Headers.TryAddWithoutValidation(Words.VerdictHeader, Words.Snake(ending.Outcome.Verdict));
        return response;
    }

    private HttpResponseMessage Refused(VllmRequestException refused)
    {
        HttpResponseMessage response = _attempts is { Head: { Status: >= System.Net.HttpStatusCode.BadRequest } head, RefusalBody: { } body }
            ? head.With(new ByteArrayContent(body), isVerbatim: true)
            : Replies.Error(refused);
        _metrics.Refused((int)response.StatusCode);
        return response;
    }

    // The server may have its own words about a request like this; an answer to it could not be judged.
    private async Task<HttpResponseMessage> AskUnjudgedAsync(CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _template.RequestUri);
        using var invoker = new HttpMessageInvoker(new UpstreamAttempts(_exchange, _template, _send), disposeHandler: false);
        HttpResponseMessage response = await invoker.SendAsync(message, cancellationToken).ConfigureAwait(false);
        _metrics.Refused((int)response.StatusCode);
        if (!response.IsSuccessStatusCode)
            return response;

        response.Dispose();
        return Replies.Error(
            400,
            $"The guard cannot read the request as JSON with {GuardedRoutes.FieldOf(_exchange.Request.Route)}, so it could not judge an answer to it. Send one JSON object in which no name is there twice.",
            "invalid_request_error");
    }
}
