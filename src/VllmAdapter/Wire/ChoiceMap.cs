using System.Runtime.InteropServices;

namespace VllmAdapter;

/// <summary>What belongs to each choice, found by its index: mostly there is one, seldom a few, and seldom many.</summary>
/// <param name="create">Makes what belongs to a choice that appears.</param>
internal sealed class ChoiceMap<T>(Func<int, T> create)
    where T : class
{
    private const int Few = 8;

    // The first one stands here; lists are made for more.
    private T? _first;
    private int _firstIndex;
    private List<T>? _inOrder;
    private List<int>? _indexes;
    private Dictionary<int, T>? _byIndex;

    /// <summary>In the order of their appearance; good until another one is added.</summary>
    public ReadOnlySpan<T> Values => _inOrder is not null ? CollectionsMarshal.AsSpan(_inOrder) : _first is null ? [] : new ReadOnlySpan<T>(ref _first);

    /// <summary>What belongs to a choice, made if it is new.</summary>
    public T At(int index) => Find(index) ?? Add(index);

    /// <summary>What belongs to a choice; null if it has not appeared.</summary>
    public T? Find(int index)
    {
        if (index == _firstIndex)
            return _first;

        if (_byIndex is not null)
            return _byIndex.GetValueOrDefault(index);

        int at = _indexes?.IndexOf(index) ?? -1;
        return at < 0 ? null : _inOrder![at];
    }

    private T Add(int index)
    {
        T added = create(index);
        if (_first is null)
        {
            (_first, _firstIndex) = (added, index);
            return added;
        }

        (_inOrder ??= [_first]).Add(added);
        (_indexes ??= [_firstIndex]).Add(index);
        if (_byIndex is not null)
            _byIndex.Add(index, added);
        else if (_indexes.Count > Few)
            _byIndex = _indexes.Zip(_inOrder).ToDictionary();

        return added;
    }
}
