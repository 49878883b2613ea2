namespace VllmAdapter.Testing;

/// <summary>Plays a reply against a clock: hands out each step when it is due.</summary>
/// <remarks>
/// Steps have due times counted from the request, not from the previous read: a reader that comes late finds everything that was due meanwhile,
/// as it would in the buffers of a socket.
/// </remarks>
internal sealed class ReplyPlayback(WireReply reply, TimeProvider clock, EngineTicket? ticket)
{
    private readonly long _start = clock.GetTimestamp();
    private WireReply _reply = reply;
    private TimeSpan _due;
    private int _next;
    private int _pieces;

    public WireEnding Ending => _reply.Ending;

    /// <summary>The next <see cref="WireStep.Head"/> or <see cref="WireStep.Piece"/>; null when the ending is due.</summary>
    public async ValueTask<WireStep?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await NextStepAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EndedByServerException)
        {
            // The rest is what the server makes of an end that it was told.
            _reply = new WireReply(_reply.IfEnded!(_pieces));
            _next = 0;
            _due = clock.GetElapsedTime(_start);
            return await NextStepAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<WireStep?> NextStepAsync(CancellationToken cancellationToken)
    {
        for (; _next < _reply.Steps.Length; _next++)
        {
            if (ticket?.Frozen is { } frozen && _pieces > 0)
                await WaitForAsync(frozen, cancellationToken).ConfigureAwait(false);

            switch (_reply.Steps[_next])
            {
                case WireStep.Pause pause:
                    _due += pause.Length;
                    break;
                case WireStep.Gate gate:
                    await WaitForAsync(gate.Opens, cancellationToken).ConfigureAwait(false);
                    break;
                case WireStep.Admission when ticket is not null:
                    await WaitForAsync(ticket.Admitted, cancellationToken).ConfigureAwait(false);
                    break;
                case WireStep.Head or WireStep.Piece:
                    await WaitUntilDueAsync(cancellationToken).ConfigureAwait(false);
                    _pieces += _reply.Steps[_next] is WireStep.Piece ? 1 : 0;
                    return _reply.Steps[_next++];
            }
        }

        await WaitUntilDueAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Tells the engine that the reply went out to its scripted end, whatever end that is.</summary>
    public void Finish() => ticket?.Complete();

    /// <summary>Tells the engine that the client has left. What was due by then counts as sent.</summary>
    public void Leave()
    {
        if (_reply.OwesNothingAfter(_next) && clock.GetElapsedTime(_start) >= _due)
            ticket?.Complete();
        else
            ticket?.Abort();
    }

    private async ValueTask WaitForAsync(Task happening, CancellationToken cancellationToken)
    {
        await UnlessEndedAsync(happening, cancellationToken).ConfigureAwait(false);
        TimeSpan now = clock.GetElapsedTime(_start);
        _due = now > _due ? now : _due;
    }

    private async ValueTask WaitUntilDueAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfEnded();
        TimeSpan wait = _due - clock.GetElapsedTime(_start);
        if (wait <= TimeSpan.Zero)
            return;

        // Task.Delay would cut the wait to whole milliseconds.
        var due = new TaskCompletionSource();
        // Disposed at once: to wait for its callback, inside of which this goes on, would be to leave the advance of a manual clock.
        using ITimer timer = clock.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), due, wait, Timeout.InfiniteTimeSpan);
        await UnlessEndedAsync(due.Task, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask UnlessEndedAsync(Task happening, CancellationToken cancellationToken)
    {
        if (_reply.IfEnded is null || ticket is null)
        {
            await happening.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        Task first = await Task.WhenAny(happening, ticket.EndedByServer).WaitAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfEnded();
        await first.ConfigureAwait(false);
    }

    private void ThrowIfEnded()
    {
        if (_reply.IfEnded is not null && ticket is { EndedByServer.IsCompleted: true })
            throw new EndedByServerException();
    }

    private sealed class EndedByServerException : Exception;
}
