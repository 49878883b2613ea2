namespace VllmAdapter.Testing;

/// <summary>Counts what the engine would be working on: requests wait for a place, run, and end or are aborted.</summary>
internal sealed class Engine(int places)
{
    private readonly Lock _gate = new();
    private readonly Queue<EngineTicket> _waiting = new();
    private readonly List<TaskCompletionSource> _idle = [];

    public int Running { get; private set; }

    public int Waiting { get; private set; }

    public int Aborted { get; private set; }

    public int Completed { get; private set; }

    public long PromptTokens { get; private set; }

    public long GeneratedTokens { get; private set; }

    public EngineTicket Enqueue(int promptTokens = 0, int completionTokens = 0)
    {
        var ticket = new EngineTicket(this, completionTokens);
        lock (_gate)
        {
            PromptTokens += promptTokens;
            Waiting++;
            _waiting.Enqueue(ticket);
            AdmitWaiting();
        }

        return ticket;
    }

    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (Running + Waiting == 0)
                return Task.CompletedTask;
            var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _idle.Add(idle);
            return idle.Task;
        }
    }

    internal void Leave(EngineTicket ticket, bool aborted)
    {
        lock (_gate)
        {
            if (ticket.HasLeft)
                return;
            ticket.HasLeft = true;
            if (ticket.Admitted.IsCompleted)
                Running--;
            else
                Waiting--;
            if (aborted)
            {
                Aborted++;
            }
            else
            {
                Completed++;
                GeneratedTokens += ticket.CompletionTokens;
            }

            AdmitWaiting();
            if (Running + Waiting > 0)
                return;
            foreach (TaskCompletionSource idle in _idle)
                idle.TrySetResult();
            _idle.Clear();
        }
    }

    private void AdmitWaiting()
    {
        while (Running < places && _waiting.TryDequeue(out EngineTicket? next))
        {
            if (next.HasLeft)
                continue;
            Waiting--;
            Running++;
            next.Admit();
        }
    }
}

/// <summary>The place of one request in the <see cref="Engine"/>.</summary>
internal sealed class EngineTicket(Engine engine, int completionTokens)
{
    private readonly TaskCompletionSource _admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Admitted => _admitted.Task;

    internal int CompletionTokens => completionTokens;

    internal bool HasLeft { get; set; }

    public void Complete() => engine.Leave(this, aborted: false);

    public void Abort() => engine.Leave(this, aborted: true);

    internal void Admit() => _admitted.TrySetResult();
}
