namespace VllmAdapter.Tool.Check;

/// <summary>One question to the server, and what its answer shows.</summary>
internal interface IProbe
{
    /// <summary>What it is called in reports.</summary>
    string Name { get; }

    /// <summary>What it wants to know, as a question.</summary>
    string Asks { get; }

    /// <summary>What it may cost at most.</summary>
    ProbeCost Cost { get; }

    /// <summary>Asks. What the server refuses is the run's business; everything else is told to the run.</summary>
    Task RunAsync(ProbeRun run, CancellationToken cancellationToken);
}
