namespace VllmAdapter;

/// <summary>Where in the event that is being parsed the parts stand that may differ in the next one: what the parser reports of it.</summary>
/// <remarks>
/// An event in which anything else has a say in such a part, be it a second field for it or a value of another type, is no template.
/// </remarks>
internal sealed class ChunkShape
{
    private const int LongestEvent = 4096;

    private readonly List<ChunkTemplate.Hole> _holes = new(4);
    private int _usages;
    private int _calls;
    private bool _isSpoilt;

    /// <summary>Begins with another event.</summary>
    public void Begin()
    {
        _holes.Clear();
        (_usages, _calls, _isSpoilt) = (0, 0, false);
    }

    /// <summary>Reports the inside of a string, or a number, which alone decides a part.</summary>
    public void Report(ChunkPart part, long start, int length)
    {
        foreach (ChunkTemplate.Hole hole in _holes)
            _isSpoilt |= hole.Part == part;

        if (!_isSpoilt)
            _holes.Add(new ChunkTemplate.Hole(part, (int)start, (int)start + length));
    }

    /// <summary>Reports that a part is decided by something other than one string or number.</summary>
    public void Spoil() => _isSpoilt = true;

    /// <summary>Reports a usage object; the counts of two would mix.</summary>
    public void ReportUsage() => _isSpoilt |= _usages++ > 0;

    /// <summary>Reports a piece of a call; the arguments of two would mix.</summary>
    public void ReportCall() => _isSpoilt |= _calls++ > 0;

    /// <summary>The event as a template for the next one; null if it cannot be one, or if the choice's last one was of another shape.</summary>
    /// <remarks>Of a short answer, and of one whose shape changes all the time, nothing is kept.</remarks>
    public ChunkTemplate? Template(ReadOnlySpan<byte> json, ChatChunk chunk, ChoiceProgress progress)
    {
        if (!CanBeKept(json.Length, chunk))
            return null;

        int repeated = json.Length;
        foreach (ChunkTemplate.Hole hole in _holes)
            repeated -= hole.End - hole.Start;

        bool isLikeTheLast = progress.RepeatedLength == repeated;
        progress.RepeatedLength = repeated;
        return isLikeTheLast ? new ChunkTemplate(json.ToArray(), [.. _holes], chunk, progress) : null;
    }

    private bool CanBeKept(int length, ChatChunk chunk) => !_isSpoilt
        && length <= LongestEvent
        && HoldsText()
        && chunk is { HasChoice: true, FinishWord: null, CarriesOnlyExtra: true, Usage: null or { Details: null } }
        && (_calls == 0 || chunk.OnlyCall is not null);

    // An event that opens an answer with an empty text is like no other.
    private bool HoldsText()
    {
        foreach (ChunkTemplate.Hole hole in _holes)
        {
            if (hole is { IsText: true, IsEmpty: false })
                return true;
        }

        return false;
    }
}
