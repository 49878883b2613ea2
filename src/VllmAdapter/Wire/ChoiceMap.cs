namespace VllmAdapter;

/// <summary>What belongs to each choice, found by its index: mostly there is one, seldom a few, and seldom many.</summary>
/// <param name="create">Makes what belongs to a choice that appears.</param>
internal sealed class ChoiceMap<T>(Func<int, T> create)
    where T : class
{
    private const int Few = 8;

    private readonly List<T> _inOrder = new(1);
    private readonly List<int> _indexes = new(1);
    private Dictionary<int, T>? _byIndex;

    /// <summary>In the order of their appearance.</summary>
    public IReadOnlyList<T> Values => _inOrder;

    /// <summary>What belongs to a choice, made if it is new.</summary>
    public T At(int index) => Find(index) ?? Add(index);

    /// <summary>What belongs to a choice; null if it has not appeared.</summary>
    public T? Find(int index)
    {
        if (_byIndex is not null)
            return _byIndex.GetValueOrDefault(index);

        int at = _indexes.IndexOf(index);
        return at < 0 ? null : _inOrder[at];
    }

    private T Add(int index)
    {
        T added = create(index);
        _inOrder.Add(added);
        _indexes.Add(index);
        if (_byIndex is not null)
            _byIndex.Add(index, added);
        else if (_indexes.Count > Few)
            _byIndex = _indexes.Zip(_inOrder).ToDictionary();

        return added;
    }
}
