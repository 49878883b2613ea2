namespace VllmAdapter;

/// <summary>
/// The last chunk of each choice that was read in full. Most chunks differ from the one before only in their text and their counts; such
/// a chunk is read by comparing bytes, several times faster than by parsing, and with the same result.
/// </summary>
/// <remarks>
/// While the parser reads, it reports where the parts stand that may differ. A chunk in which anything else has a say in such a part,
/// be it a second field for it or a value of another type, is no template.
/// </remarks>
internal sealed class ChunkTemplates
{
    private const int MostChoices = 8;
    private const int LongestEvent = 4096;

    private readonly List<ChunkTemplate> _kept = new(1);
    private readonly List<ChunkTemplate.Hole> _holes = new(4);
    private int _next;
    private int _usages;
    private int _calls;
    private bool _isSpoilt;

    /// <summary>Begins to parse an event.</summary>
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

    /// <summary>Forgets all templates: what every chunk repeats has changed, and they repeat what it was.</summary>
    public void Forget() => _kept.Clear();

    /// <summary>Whether the parsed event can be the template of the next.</summary>
    public bool CanKeep(int length, ChatChunk chunk) => !_isSpoilt
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

    /// <summary>Keeps the parsed event as the template of its choice.</summary>
    public void Keep(ReadOnlySpan<byte> json, ChatChunk chunk, ChoiceProgress progress)
    {
        int at = 0;
        while (at < _kept.Count && _kept[at].Choice != chunk.ChoiceIndex)
            at++;

        bool isNew = at == _kept.Count;
        if (isNew && _kept.Count == MostChoices)
            return;

        var template = new ChunkTemplate(json.ToArray(), [.. _holes], chunk, progress);
        if (isNew)
            _kept.Add(template);
        else
            _kept[at] = template;
    }

    /// <summary>The template that an event matches; null if it matches none. Choices mostly take turns.</summary>
    public ChunkTemplate? Find(ReadOnlySpan<byte> json, ref ChunkTemplate.Filling filling)
    {
        for (int tried = 0; tried < _kept.Count; tried++)
        {
            if (_next >= _kept.Count)
                _next = 0;

            ChunkTemplate template = _kept[_next++];
            if (template.TryRead(json, ref filling))
                return template;
        }

        return null;
    }
}
