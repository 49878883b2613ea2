using System.Net.Sockets;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>Sends the chunks of many answers, each at its own pace, from one thread.</summary>
internal sealed class Pacer
{
    private readonly PriorityQueue<Answer, long> _due = new();
    private readonly Queue<Answer> _new = new();
    private readonly byte[] _chunk = Frames.Stamped();

    public Pacer() => new Thread(Run) { IsBackground = true, Priority = ThreadPriority.AboveNormal }.Start();

    /// <summary>Sends one answer; done when it is sent, or when the client hung up.</summary>
    public Task SendAsync(Socket connection, int chunks, TimeSpan every)
    {
        var answer = new Answer(connection, chunks, (long)(TimeProvider.System.TimestampFrequency * every.TotalSeconds));
        lock (_new)
            _new.Enqueue(answer);

        return answer.Sent.Task;
    }

    private void Run()
    {
        while (true)
        {
            lock (_new)
            {
                while (_new.TryDequeue(out Answer? answer))
                    Begin(answer);
            }

            long now = TimeProvider.System.GetTimestamp();
            while (_due.TryPeek(out Answer? answer, out long at) && at <= now)
            {
                _due.Dequeue();
                Step(answer, at);
            }

            Thread.Sleep(1);
        }
    }

    private void Begin(Answer answer)
    {
        if (TrySend(answer, Frames.Role.Span))
            Step(answer, TimeProvider.System.GetTimestamp());
    }

    private void Step(Answer answer, long at)
    {
        if (answer.Left-- == 0)
        {
            if (TrySend(answer, Frames.End.Span))
                answer.Sent.SetResult();

            return;
        }

        Frames.Stamp(_chunk);
        if (TrySend(answer, _chunk))
            _due.Enqueue(answer, at + answer.Every);
    }

    private static bool TrySend(Answer answer, ReadOnlySpan<byte> bytes)
    {
        try
        {
            answer.Connection.Send(bytes);
            return true;
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            answer.Sent.SetException(closed);
            return false;
        }
    }

    private sealed record Answer(Socket Connection, int Chunks, long Every)
    {
        public int Left { get; set; } = Chunks;

        public TaskCompletionSource Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
