using System.Collections;

namespace VllmAdapter;

/// <summary>The choices of a reply in the order in which they appeared, each found by its index at once, however many there are.</summary>
/// <remarks>Two lists are equal if their choices are.</remarks>
internal sealed class ChoiceEvidenceList : IReadOnlyList<ChoiceEvidence>
{
    private readonly List<ChoiceEvidence> _choices;
    private Dictionary<int, ChoiceEvidence>? _byIndex;

    public ChoiceEvidenceList() => _choices = new(1);

    /// <summary>The same choices, or copies of them that later observations do not reach.</summary>
    public ChoiceEvidenceList(IEnumerable<ChoiceEvidence> choices, bool copy = false) =>
        _choices = [.. copy ? choices.Select(static choice => choice with { }) : choices];

    public int Count => _choices.Count;

    public ChoiceEvidence this[int position] => _choices[position];

    /// <summary>The choice with an index, added if it is new.</summary>
    public ChoiceEvidence At(int index)
    {
        // Choices mostly appear in order, and mostly there is one.
        if ((uint)index < (uint)_choices.Count && _choices[index].Index == index)
            return _choices[index];

        if (_byIndex is null && _choices.Count > 0)
            _byIndex = _choices.ToDictionary(static choice => choice.Index);

        if (_byIndex?.GetValueOrDefault(index) is { } known)
            return known;

        var added = new ChoiceEvidence { Index = index };
        _choices.Add(added);
        _byIndex?.Add(index, added);
        return added;
    }

    public bool All(Func<ChoiceEvidence, bool> condition) => _choices.TrueForAll(choice => condition(choice));

    public List<ChoiceEvidence>.Enumerator GetEnumerator() => _choices.GetEnumerator();

    IEnumerator<ChoiceEvidence> IEnumerable<ChoiceEvidence>.GetEnumerator() => _choices.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _choices.GetEnumerator();

    public override bool Equals(object? obj) => obj is ChoiceEvidenceList other && _choices.SequenceEqual(other._choices);

    public override int GetHashCode() => _choices.Count;
}
