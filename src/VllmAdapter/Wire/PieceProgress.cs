using System.Buffers;
using System.Text;

namespace VllmAdapter;

/// <summary>How far one text of a choice has come: joins a character whose halves came in two pieces, and notices pieces that repeat all before them.</summary>
internal sealed class PieceProgress
{
    private const int FewestCumulative = 3;

    private static readonly SearchValues<char> Halves =
        SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(half => (char)half)]);

    private char _half;
    private string? _last;
    private int _cumulative;

    /// <summary>Whether a delta brought some of it: a whole message that follows only repeats it.</summary>
    public bool CameByDelta { get; private set; }

    /// <summary>Whether the first half of a character waits for the second.</summary>
    public bool HoldsHalf => _half != '\0';

    /// <summary>Whether each of at least three pieces was longer than all before it and began with it (QwenLM/qwen-code#3896).</summary>
    public bool LooksCumulative => _cumulative >= FewestCumulative;

    /// <summary>Takes over a piece that a delta brought.</summary>
    public string AddDelta(string piece)
    {
        CameByDelta = true;
        return Add(piece);
    }

    /// <summary>Takes over a piece; half a character at its end is kept for the next one, and half a character elsewhere is replaced.</summary>
    public string Add(string piece)
    {
        if (piece.Length == 0)
            return piece;

        string whole = HoldsHalf || piece.AsSpan().ContainsAny(Halves) ? Join(piece) : piece;
        if (_cumulative >= 0)
            Compare(whole);

        return whole;
    }

    /// <summary>Gives up waiting for a second half.</summary>
    public string Release()
    {
        if (!HoldsHalf)
            return "";

        _half = '\0';
        return "\uFFFD";
    }

    /// <summary>A text without half characters: the replacement character stands in the place of each.</summary>
    public static string Whole(string text)
    {
        int at = text.AsSpan().IndexOfAny(Halves);
        if (at < 0)
            return text;

        StringBuilder? whole = null;
        for (; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;

            if (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]))
                at++;
            else
                (whole ??= new StringBuilder(text))[at] = '\uFFFD';
        }

        return whole?.ToString() ?? text;
    }

    private string Join(string piece)
    {
        string joined = HoldsHalf ? _half + piece : piece;
        _half = '\0';
        if (char.IsHighSurrogate(joined[^1]))
        {
            _half = joined[^1];
            joined = joined[..^1];
        }

        return Whole(joined);
    }

    private void Compare(string piece)
    {
        if (_last is not null && !piece.StartsWith(_last, StringComparison.Ordinal))
            (_last, _cumulative) = (null, -1);
        else if (piece.Length > (_last?.Length ?? 0))
            (_last, _cumulative) = (piece, _cumulative + 1);
    }
}
