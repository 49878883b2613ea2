namespace VllmAdapter;

/// <summary>
/// The choices that the indexes mean. Where one answer was asked for there is one, whatever the server counts with the index: tokens
/// (huggingface/text-generation-inference#1648), tool calls (BerriAI/litellm#9242).
/// </summary>
internal sealed class ChoiceIndexes(int answersAsked)
{
    private const int MostToldApart = 1000;

    private HashSet<int>? _seen;
    private int _first = -1;

    /// <summary>How many different indexes came; beyond a thousand they are no longer told apart.</summary>
    public int Seen => _seen?.Count ?? (_first < 0 ? 0 : 1);

    public int ChoiceOf(int index)
    {
        if (_first < 0)
            _first = index;
        else if (index != _first && Seen < MostToldApart)
            (_seen ??= [_first]).Add(index);

        return answersAsked <= 1 ? 0 : index;
    }
}
