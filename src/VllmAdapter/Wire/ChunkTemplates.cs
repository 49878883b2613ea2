namespace VllmAdapter;

/// <summary>
/// The last chunk of each choice that was read in full, and was of the same shape as the one before. Most chunks differ from the one before only in their text and their counts; such
/// a chunk is read by comparing bytes, several times faster than by parsing, and with the same result.
/// </summary>
internal sealed class ChunkTemplates
{
    private const int MostChoices = 8;

    private ChunkTemplate[] _kept = [];
    private int _count;
    private int _next;

    /// <summary>Forgets all templates: what every chunk repeats has changed, and they repeat what it was.</summary>
    public void Forget()
    {
        Array.Clear(_kept);
        _count = 0;
    }

    /// <summary>Keeps the parsed event as the template of its choice.</summary>
    public void Keep(ChunkTemplate template)
    {
        int at = 0;
        while (at < _count && _kept[at].Choice != template.Choice)
            at++;

        if (at == MostChoices)
            return;

        if (at == _count)
        {
            if (_count == _kept.Length)
                Array.Resize(ref _kept, Math.Max(1, 2 * _count));

            _count++;
        }

        _kept[at] = template;
    }

    /// <summary>The template that an event matches; null if it matches none. Choices mostly take turns.</summary>
    public ChunkTemplate? Find(ReadOnlySpan<byte> json, ref ChunkTemplate.Filling filling)
    {
        for (int tried = 0; tried < _count; tried++)
        {
            if (_next >= _count)
                _next = 0;

            ChunkTemplate template = _kept[_next++];
            if (template.TryRead(json, ref filling))
                return template;
        }

        return null;
    }
}
