namespace VllmAdapter.Testing;

/// <summary>Counts what the engine would be working on: requests wait for a place, run, and end or are aborted.</summary>
internal sealed class Engine(int places)
{
    private readonly Lock _gate = new();
    private readonly Queue<EngineTicket> _waiting = new();
    private readonly List<TaskCompletionSource> _idle = [];
    private readonly List<TaskCompletionSource> _quiet = [];
    private readonly HashSet<EngineTicket> _present = [];
    private TaskCompletionSource? _held;

    public int Running { get; private set; }

    public int Waiting { get; private set; }

    public int Aborted { get; private set; }

    public int Completed { get; private set; }

    public long PromptTokens { get; private set; }

    public long GeneratedTokens { get; private set; }

    public bool IsSleeping { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>Ends when the engine takes up requests again; null while it does. What is sent meanwhile gets no answer, not even headers (0.32.0).</summary>
    public Task? Held
    {
        get
        {
            lock (_gate)
                return _held?.Task;
        }
    }

    /// <summary>Ends when the running requests go on; null while they do.</summary>
    public Task? Frozen => KeepsRunning ? Held : null;

    private bool KeepsRunning { get; set; }

    /// <summary>Puts it to sleep, or pauses it. What becomes of the running requests is said by the mode: abort, wait or keep.</summary>
    /// <returns>Ends when that is done.</returns>
    public Task Hold(bool isSleep, string mode)
    {
        (IsSleeping, IsPaused) = (IsSleeping || isSleep, IsPaused || !isSleep);
        lock (_gate)
        {
            _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            KeepsRunning = mode == "keep";
        }

        if (mode == "abort")
            AbortByServer([], waitingToo: false);

        return mode == "wait" ? WhenNothingRunsAsync() : Task.CompletedTask;
    }

    /// <summary>Wakes it up, or lets it go on.</summary>
    public void Release(bool isSleep)
    {
        TaskCompletionSource? held;
        lock (_gate)
        {
            (IsSleeping, IsPaused) = (IsSleeping && !isSleep, IsPaused && isSleep);
            if (IsSleeping || IsPaused)
                return;

            (held, _held, KeepsRunning) = (_held, null, false);
            AdmitWaiting();
        }

        held?.TrySetResult();
    }

    /// <summary>Ends requests: those of the ids, or all. How many the server says it ended, which counts ids that it does not know.</summary>
    public int AbortByServer(IReadOnlyCollection<string> ids, bool waitingToo = true)
    {
        EngineTicket[] ended;
        lock (_gate)
            ended = [.. _present.Where(ticket => (ids.Count == 0 || ids.Contains(ticket.Id)) && (waitingToo || ticket.Admitted.IsCompleted))];

        foreach (EngineTicket ticket in ended)
            ticket.EndByServer();

        return ids.Count == 0 ? ended.Length : ids.Count;
    }

    public EngineTicket Enqueue(int promptTokens = 0, int completionTokens = 0, string id = "")
    {
        var ticket = new EngineTicket(this, completionTokens) { Id = id };
        lock (_gate)
        {
            _present.Add(ticket);
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
            _present.Remove(ticket);
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
            if (Running == 0)
                EndAll(_quiet);

            if (Running + Waiting > 0)
                return;
            EndAll(_idle);
        }
    }

    private Task WhenNothingRunsAsync()
    {
        lock (_gate)
        {
            if (Running == 0)
                return Task.CompletedTask;

            var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _quiet.Add(quiet);
            return quiet.Task;
        }
    }

    private static void EndAll(List<TaskCompletionSource> waiters)
    {
        foreach (TaskCompletionSource waiter in waiters)
            waiter.TrySetResult();

        waiters.Clear();
    }

    private void AdmitWaiting()
    {
        while (_held is null && Running < places && _waiting.TryDequeue(out EngineTicket? next))
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

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The id of its answer.</summary>
    public string Id { get; init; } = "";

    public Task Admitted => _admitted.Task;

    /// <summary>Ends when whoever runs the server ends the request.</summary>
    public Task EndedByServer => _ended.Task;

    /// <summary>Ends when the engine goes on with running requests; null while it does.</summary>
    public Task? Frozen => engine.Frozen;

    internal int CompletionTokens => completionTokens;

    internal bool HasLeft { get; set; }

    public void Complete() => engine.Leave(this, aborted: false);

    public void Abort() => engine.Leave(this, aborted: true);

    internal void EndByServer() => _ended.TrySetResult();

    internal void Admit() => _admitted.TrySetResult();
}
