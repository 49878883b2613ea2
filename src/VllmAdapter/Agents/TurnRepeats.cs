namespace VllmAdapter.Agents;

/// <summary>Counts how often in a row a turn was asked again, and says whether it is once more.</summary>
internal sealed class TurnRepeats(int most)
{
    private int _repeats;

    /// <summary>Whether the next turn is asked without streaming, because the last one lost something on the way.</summary>
    public bool AsksWhole { get; private set; }

    public bool AsksAgain(StreamOutcome turn, TurnUse use)
    {
        bool mayHelp = use == TurnUse.Broken || (use == TurnUse.Damaged && !turn.Evidence.IsWholeReply);
        AsksWhole = false;
        if (!mayHelp || _repeats >= most)
        {
            _repeats = 0;
            return false;
        }

        _repeats++;
        AsksWhole = use == TurnUse.Damaged;
        return true;
    }
}
