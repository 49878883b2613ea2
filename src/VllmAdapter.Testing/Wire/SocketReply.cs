using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace VllmAdapter.Testing;

/// <summary>Plays one reply on a connection of Kestrel's, with faults that are real.</summary>
internal sealed class SocketReply(HttpContext context, ReplyPlayback playback)
{
    private const int Http2InternalError = 2;
    private const int Http2Cancel = 8;

    public async Task PlayAsync()
    {
        try
        {
            while (await playback.NextAsync(context.RequestAborted).ConfigureAwait(false) is { } step)
                await SendAsync(step).ConfigureAwait(false);
            await EndAsync().ConfigureAwait(false);
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            playback.Leave();
            context.Abort();
        }
        catch
        {
            // A gate of the script's broke: Kestrel ends the connection.
            playback.Leave();
            throw;
        }
    }

    private async Task SendAsync(WireStep step)
    {
        HttpResponse response = context.Response;
        if (step is WireStep.Head head)
        {
            response.StatusCode = head.Status;
            foreach ((string name, string value) in head.Headers)
            {
                // Kestrel frames a body without a length in chunks itself.
                if (!name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase))
                    response.Headers.Append(name, value);
            }

            await response.StartAsync(context.RequestAborted).ConfigureAwait(false);
            await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
        else if (step is WireStep.Piece piece)
        {
            await response.Body.WriteAsync(piece.Bytes, context.RequestAborted).ConfigureAwait(false);
            await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task EndAsync()
    {
        switch (playback.Ending)
        {
            case WireEnding.Cut:
                playback.Finish();
                await CutAsync().ConfigureAwait(false);
                break;
            case WireEnding.Reset:
                playback.Finish();
                Reset();
                break;
            case WireEnding.Silent:
                await UntilClientLeavesAsync().ConfigureAwait(false);
                break;
            default:
                await context.Response.CompleteAsync().ConfigureAwait(false);
                playback.Finish();
                break;
        }
    }

    // The sending side is closed in order, but inside the body. HTTP/2 has streams instead: this one is canceled.
    private async Task CutAsync()
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            stream.Reset(Http2Cancel);
            return;
        }

        context.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Send);
        await UntilClientLeavesAsync().ConfigureAwait(false);
    }

    private void Reset()
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            stream.Reset(Http2InternalError);
            return;
        }

        // Whether an abort of Kestrel's is a reset or an orderly end depends on its version: without lingering it is a reset.
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close();
        }

        context.Abort();
    }

    private Task UntilClientLeavesAsync() => new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
}
