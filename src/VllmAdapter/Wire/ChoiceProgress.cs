namespace VllmAdapter;

/// <summary>What of a choice has come so far, as far as it decides how the rest is read.</summary>
internal sealed class ChoiceProgress(int choice)
{
    private PieceProgress? _text;
    private PieceProgress? _reasoning;
    private PieceProgress? _refusal;
    private Dictionary<int, PieceProgress>? _halfArguments;

    public PieceProgress Text => _text ??= new PieceProgress();

    public PieceProgress Reasoning => _reasoning ??= new PieceProgress();

    public PieceProgress Refusal => _refusal ??= new PieceProgress();

    /// <summary>Whether a delta brought pieces of calls: a whole message that follows only repeats them.</summary>
    public bool CallsCameByDelta { get; set; }

    /// <summary>The length of the last chunk that may have been a template, without the parts that may differ: what tells its shape.</summary>
    public int RepeatedLength { get; set; }

    public bool LooksCumulative => _text is { LooksCumulative: true } || _reasoning is { LooksCumulative: true };

    public bool HoldsHalf => _text is { HoldsHalf: true } || _reasoning is { HoldsHalf: true } || _refusal is { HoldsHalf: true }
        || (_halfArguments is { } arguments && arguments.Values.Any(call => call.HoldsHalf));

    /// <summary>Takes over a piece of a call's arguments.</summary>
    public string AddArguments(int? call, string piece)
    {
        if (piece.Length == 0 || (_halfArguments is null && !char.IsHighSurrogate(piece[^1])))
            return PieceProgress.Whole(piece);

        _halfArguments ??= [];
        if (!_halfArguments.TryGetValue(call ?? -1, out PieceProgress? progress))
            _halfArguments.Add(call ?? -1, progress = new PieceProgress());

        return progress.Add(piece);
    }

    /// <summary>What is left to hand out at the choice's end, where the second half of a character never came; null if nothing is.</summary>
    public ChatChunk? Release()
    {
        if (!HoldsHalf)
            return null;

        var calls = new List<ToolCallDelta>();
        foreach ((int index, PieceProgress arguments) in (_halfArguments ?? []).OrderBy(call => call.Key))
        {
            if (arguments.HoldsHalf)
                calls.Add(new ToolCallDelta { Index = index < 0 ? null : index, Arguments = arguments.Release() });
        }

        var chunk = new ChatChunk(choice, Text.Release(), Reasoning.Release(), calls.Count > 0 ? calls : null, finishWord: null);
        return Refusal.Release() is { Length: > 0 } refusal ? chunk with { Refusal = refusal } : chunk;
    }
}
