namespace VllmAdapter;

/// <summary>
/// The choices that the indexes mean. Where one answer was asked for there is one, whatever the server counts with the index: tokens
/// (huggingface/text-generation-inference#1648), tool calls (BerriAI/litellm#9242). Only a second index that begins an answer of its own, as
/// the first one did, or that stands beside the first one in one event, is one: that server sends more than it was asked for.
/// </summary>
internal sealed class ChoiceIndexes(int answersAsked)
{
    private const int MostToldApart = 1000;

    private HashSet<int>? _seen;
    private int? _first;
    private int? _begun;
    private int? _ofEvent;
    private bool _areSeveral;

    /// <summary>How many different indexes came; beyond a thousand they are no longer told apart.</summary>
    public int Seen => _seen?.Count ?? (_first is null ? 0 : 1);

    /// <summary>Begins with another event.</summary>
    public void BeginEvent() => _ofEvent = null;

    /// <param name="index">The index that the server wrote.</param>
    /// <param name="beginsAnAnswer">Whether an answer of its own begins there.</param>
    public int ChoiceOf(int index, bool beginsAnAnswer)
    {
        _first ??= index;
        if (index != _first && Seen < MostToldApart)
            (_seen ??= [_first.Value]).Add(index);

        _ofEvent ??= index;
        _areSeveral |= index != _ofEvent;
        if (beginsAnAnswer)
        {
            _begun ??= index;
            _areSeveral |= index != _begun;
        }

        return answersAsked > 1 || _areSeveral ? index : 0;
    }
}
