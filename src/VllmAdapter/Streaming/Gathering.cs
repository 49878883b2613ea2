using System.Text;

namespace VllmAdapter;

/// <summary>Gathers what was handed out: the texts for the completion, and the tool calls for the judge.</summary>
internal sealed class Gathering
{
    private readonly List<GatheredChoice> _choices = new(1);

    public void Add(ChatChunk chunk)
    {
        GatheredChoice choice = ChoiceAt(chunk.Choice);
        choice.Text.Append(chunk.Text);
        if (chunk.Reasoning.Length > 0)
            choice.Reasoning.Append(chunk.Reasoning);

        if (chunk.Logprobs is { } logprobs)
            (choice.Logprobs ??= []).AddRange(logprobs.Tokens);

        if (chunk.TokenIds is { } tokenIds)
            (choice.TokenIds ??= []).AddRange(tokenIds);

        if (chunk.HasToolCalls)
            (choice.Calls ??= new ToolCallAssembler()).Add(chunk);
    }

    /// <summary>Puts the assembled calls into the evidence, once, before it is judged.</summary>
    public void AssembleInto(StreamEvidence evidence)
    {
        foreach (GatheredChoice choice in _choices)
        {
            if (choice.Calls is { } calls)
                evidence.ChoiceAt(choice.Index).Assemble(calls.Assemble());
        }
    }

    public IReadOnlyList<CompletedChoice> Complete() =>
    [
        .. _choices.OrderBy(choice => choice.Index).Select(choice => new CompletedChoice
        {
            Index = choice.Index,
            Text = choice.Text.ToString(),
            Reasoning = choice.Reasoning.ToString(),
            Logprobs = choice.Logprobs is { } logprobs ? new LogprobContent { Tokens = logprobs } : null,
            TokenIds = choice.TokenIds,
        }),
    ];

    private GatheredChoice ChoiceAt(int index)
    {
        // Choices mostly appear in order.
        if (index < _choices.Count && _choices[index].Index == index)
            return _choices[index];

        foreach (GatheredChoice choice in _choices)
        {
            if (choice.Index == index)
                return choice;
        }

        var added = new GatheredChoice(index);
        _choices.Add(added);
        return added;
    }

    private sealed class GatheredChoice(int index)
    {
        public int Index { get; } = index;

        public StringBuilder Text { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public ToolCallAssembler? Calls { get; set; }

        public List<TokenLogprob>? Logprobs { get; set; }

        public List<int>? TokenIds { get; set; }
    }
}
