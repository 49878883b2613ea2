namespace VllmAdapter.Tool.Check;

/// <summary>Cuts a long call at several places, and looks whether the server says that it was cut.</summary>
internal sealed class CutProbe(string name, string asks, ChatRequest question, params int[] caps) : IProbe
{
    public string Name => name;

    public string Asks => asks;

    public ProbeCost Cost => ProbeCost.Of(caps.Select(question.CappedAt));

    public static IReadOnlyList<IProbe> All { get; } =
    [
        new CutProbe("cut-auto", "Does a call that is cut say length?", Questions.LongCall, 14, 22, 38),
        new CutProbe("cut-required", "Does a required call that is cut say length?", Questions.LongCall.Must(), 10, 16, 30),
        new CutProbe("cut-named", "Does a named call that is cut say length?", Questions.LongCall.MustUse("save_plan"), 5, 10, 22),
        new CutProbe("cut-whole", "Does a call that is cut say length when it is not streamed?", Questions.LongCall.Whole(), 14, 22, 38),
        new CutProbe("cut-required-whole", "Does a required one?", Questions.LongCall.Must().Whole(), 16, 30),
    ];

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        int cuts = 0;
        foreach (int cap in caps)
        {
            ChatAnswer answer = await run.AskAsync(question.CappedAt(cap), cancellationToken).ConfigureAwait(false);
            cuts += answer.Outcome.Verdict == StreamVerdict.LengthLimited ? 1 : 0;
        }

        if (cuts < caps.Length)
            run.CannotTell($"Of {caps.Length} caps {cuts} cut the call; at the others the model ended before.");
    }
}
