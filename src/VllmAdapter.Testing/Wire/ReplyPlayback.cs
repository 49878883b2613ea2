namespace VllmAdapter.Testing;

/// <summary>Plays a reply against a clock: hands out each step when it is due.</summary>
/// <remarks>
/// Steps have due times counted from the request, not from the previous read: a reader that comes late finds everything that was due meanwhile,
/// as it would in the buffers of a socket.
/// </remarks>
internal sealed class ReplyPlayback(WireReply reply, TimeProvider clock, EngineTicket? ticket)
{
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _due;
    private int _next;

    public WireEnding Ending => reply.Ending;

    /// <summary>The next <see cref="WireStep.Head"/> or <see cref="WireStep.Piece"/>; null when the ending is due.</summary>
    public async ValueTask<WireStep?> NextAsync(CancellationToken cancellationToken)
    {
        for (; _next < reply.Steps.Length; _next++)
        {
            switch (reply.Steps[_next])
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
                    return reply.Steps[_next++];
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
        if (reply.OwesNothingAfter(_next) && clock.GetElapsedTime(_start) >= _due)
            ticket?.Complete();
        else
            ticket?.Abort();
    }

    private async ValueTask WaitForAsync(Task happening, CancellationToken cancellationToken)
    {
        await happening.WaitAsync(cancellationToken).ConfigureAwait(false);
        TimeSpan now = clock.GetElapsedTime(_start);
        _due = now > _due ? now : _due;
    }

    private async ValueTask WaitUntilDueAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TimeSpan wait = _due - clock.GetElapsedTime(_start);
        if (wait <= TimeSpan.Zero)
            return;

        // Task.Delay would cut the wait to whole milliseconds.
        var due = new TaskCompletionSource();
        // Disposed at once: to wait for its callback, inside of which this goes on, would be to leave the advance of a manual clock.
        using ITimer timer = clock.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), due, wait, Timeout.InfiniteTimeSpan);
        await due.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
