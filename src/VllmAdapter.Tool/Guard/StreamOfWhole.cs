using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>Asks for an answer whole, and hands it to the client as the stream that it asked for. Until the answer is there, comments keep the connection warm.</summary>
/// <remarks>An answer that comes before the first comment is due has a status of its own if it is none; after that it can only end as an error event.</remarks>
internal sealed class StreamOfWhole(GuardExchange exchange, Func<CancellationToken, Task<HttpResponseMessage>> ask, TimeProvider clock)
{
    private static readonly MediaTypeHeaderValue Events = new("text/event-stream", "utf-8");

    public async Task<HttpResponseMessage> AskAsync(CancellationToken cancellationToken)
    {
        var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<HttpResponseMessage> answer = ask(left.Token);
        if (!await IsThereAsync(answer, left.Token).ConfigureAwait(false))
            return Warm(answer, left);

        using (left)
        {
            HttpResponseMessage reply = await answer.ConfigureAwait(false);
            if (await FramesOfAsync(reply, left.Token).ConfigureAwait(false) is not { } frames)
                return reply;

            var content = new ByteArrayContent(frames);
            content.Headers.ContentType = Events;
            reply.Content = content;
            return reply;
        }
    }

    // It outlives the request of the proxy: it is canceled when the proxy lets go of the body.
    private HttpResponseMessage Warm(Task<HttpResponseMessage> answer, CancellationTokenSource left)
    {
        var pipe = new Pipe();
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new AnswerBody(pipe.Reader, left)) };
        response.Content.Headers.ContentType = Events;
        _ = KeepWarmAsync(answer, pipe.Writer, response, left.Token);
        return response;
    }

    private async Task KeepWarmAsync(Task<HttpResponseMessage> answer, PipeWriter client, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                client.Write(": the answer is asked for whole\n\n"u8);
                await client.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            while (!await IsThereAsync(answer, cancellationToken).ConfigureAwait(false));

            using HttpResponseMessage reply = await answer.ConfigureAwait(false);
            byte[]? frames = await FramesOfAsync(reply, cancellationToken).ConfigureAwait(false);
            exchange.BreaksOff = frames is null;
            client.Write(frames ?? FrameEdits.FrameOf(await ErrorOfAsync(reply, cancellationToken).ConfigureAwait(false)));
            if (reply.Headers.TryGetValues(Words.VerdictHeader, out IEnumerable<string>? verdict))
                response.TrailingHeaders.TryAddWithoutValidation(Words.VerdictHeader, verdict);

            await client.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or HttpRequestException or IOException)
        {
            // The client has left, or must not take what it has for an answer.
            exchange.BreaksOff = true;
        }
        finally
        {
            await client.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> IsThereAsync(Task answer, CancellationToken cancellationToken)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task due = Task.Delay(exchange.Options.KeepAlive, clock, waited.Token);
        bool isThere = await Task.WhenAny(answer, due).ConfigureAwait(false) == answer;
        await waited.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return isThere;
    }

    // Null if it is no answer.
    private async Task<byte[]?> FramesOfAsync(HttpResponseMessage reply, CancellationToken cancellationToken) =>
        reply.IsSuccessStatusCode && exchange.Ended is { IsError: false } ending
            && FrameEdits.JsonOf(await reply.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)) is { } json && json["choices"] is JsonArray
                ? WholeFrames.Of(json, exchange.Options.Explain ? Words.Explanation(ending.Outcome) : null, hidesUsage: exchange.Request.HidesUsage)
                : null;

    // In the shape that every client reads, whatever the server's is.
    private static async Task<JsonObject> ErrorOfAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        byte[] body = await reply.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        JsonObject? json = FrameEdits.JsonOf(body);
        return json switch
        {
            { } told when told["error"] is JsonObject => told,
            { } flat when flat["message"] is not null => new JsonObject { ["error"] = flat },
            _ => Words.Error($"The back end refused the request with status {(int)reply.StatusCode}.", "refused", (int)reply.StatusCode),
        };
    }
}
