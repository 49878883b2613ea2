namespace VllmAdapter;

/// <summary>A text that servers give under several names, sometimes under two at once: the best name counts, and an empty value says nothing.</summary>
internal struct BestText
{
    private string? _text;

    public readonly string Text => _text ?? "";

    public readonly bool IsEmpty => _text is null;

    /// <summary>The rank of the name that counts; the lower the better.</summary>
    public int Rank { get; private set; }

    /// <summary>Takes a value, unless one came under a better name. Of a name given twice the last counts.</summary>
    public void Offer(string? text, int rank)
    {
        if (!string.IsNullOrEmpty(text) && (_text is null || rank <= Rank))
            (_text, Rank) = (text, rank);
    }
}
