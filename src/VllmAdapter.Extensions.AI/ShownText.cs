namespace VllmAdapter.Extensions.AI;

/// <summary>
/// What of an answer was handed out already, when the same is asked once more: the second reply begins with the same words, which are not said
/// twice. One that begins otherwise is handed out whole.
/// </summary>
internal sealed class ShownText
{
    private string _comesAgain = "";
    private string _held = "";
    private bool _beginsAnew;

    /// <summary>Another answer follows, which may begin with what was shown.</summary>
    public void Follow(string shown) => (_comesAgain, _held) = (shown, "");

    /// <summary>The next piece of the answer, without what was handed out before.</summary>
    public string New(string piece)
    {
        if (piece.Length == 0 || _comesAgain.Length == 0)
            return piece;

        if (piece.StartsWith(_comesAgain, StringComparison.Ordinal))
            return piece[Forget(_comesAgain.Length)..];

        if (_comesAgain.StartsWith(piece, StringComparison.Ordinal))
        {
            (_held, _comesAgain) = (_held + piece, _comesAgain[piece.Length..]);
            return "";
        }

        string all = _held + piece;
        Forget(0);
        _beginsAnew = true;
        return all;
    }

    /// <summary>Whether the last piece showed that the answer is another one than before; asked once.</summary>
    public bool BeginsAnew()
    {
        bool beginsAnew = _beginsAnew;
        _beginsAnew = false;
        return beginsAnew;
    }

    private int Forget(int length)
    {
        (_comesAgain, _held) = ("", "");
        return length;
    }
}
