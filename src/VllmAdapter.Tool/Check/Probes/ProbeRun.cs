using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Check;

/// <summary>One run of one probe: asks for it, and gathers what it found.</summary>
internal sealed class ProbeRun(IProbe probe, Target target)
{
    // A server's words go to a terminal: one line, no control characters, and not without end.
    private const int MostOfAText = 1000;

    private readonly List<(FindingKind Kind, Evidence Evidence)> _findings = [];
    private readonly List<string> _facts = [];
    private readonly List<string> _untold = [];

    public Target Target => target;

    /// <summary>The model's own tokens, and those of the prompts, as far as they were counted.</summary>
    public TokenUsage Spent { get; private set; } = new();

    /// <summary>Answers whose tokens nobody counted.</summary>
    public int Uncounted { get; private set; }

    public IReadOnlyList<(FindingKind Kind, Evidence Evidence)> Findings => _findings;

    /// <summary>What it saw that is neither good nor bad.</summary>
    public IReadOnlyList<string> Facts => _facts;

    /// <summary>What could not be found out, and why.</summary>
    public IReadOnlyList<string> Untold => _untold;

    /// <summary>Asks one of the probe's questions, and keeps what the end of the answer shows.</summary>
    public async Task<ChatAnswer> AskAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        ChatRequest suited = target.Suited(request);
        ChatAnswer answer = await target.Adapter.CompleteChatAsync(suited, cancellationToken).ConfigureAwait(false);
        Took(suited, answer);
        return answer;
    }

    /// <summary>Keeps what the end of an answer shows, and what it cost.</summary>
    public void Took(ChatRequest request, ChatAnswer answer)
    {
        Count(answer.Usage);
        foreach ((FindingKind kind, string text) in EndFindings.Of(request, answer))
            Find(kind, text, answer.Outcome.Evidence.RequestId);
    }

    public void Count(TokenUsage? usage)
    {
        if (usage is null)
            Uncounted++;
        else
            Spent = new TokenUsage { PromptTokens = Spent.PromptTokens + usage.PromptTokens, CompletionTokens = Spent.CompletionTokens + usage.CompletionTokens };
    }

    public void Find(FindingKind kind, string text, string? requestId = null) => _findings.Add((kind, new Evidence(probe.Name, Wording.OneLine(text, MostOfAText), requestId)));

    public void Tell(string fact) => _facts.Add(Wording.OneLine(fact, MostOfAText));

    public void CannotTell(string why) => _untold.Add(Wording.OneLine(why, MostOfAText));

    /// <summary>Takes over a refusal that the probe did not expect.</summary>
    public void Refused(VllmRequestException refusal)
    {
        if (RefusalFindings.Of(refusal) is { } kind)
            Find(kind, refusal.Message, refusal.RequestId);
        CannotTell($"It was refused: {refusal.Message}");
    }
}
