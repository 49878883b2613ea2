using System.Text;

namespace VllmAdapter;

/// <summary>Shares the probability of an answer's tokens out among the labels that they may begin.</summary>
/// <remarks>
/// Place after place along what was written: a token that fits one label gives it all of its probability; one that fits several, and was written, is
/// shared out at the next place; one that fits several, and was not, cannot be told apart.
/// </remarks>
internal sealed class LabelTokens
{
    private readonly byte[][] _labels;
    private readonly double[] _shares;

    private LabelTokens(IReadOnlyList<string> labels)
    {
        // "Yes" is as good as "yes", where no label differs from another by that alone.
        bool hasCase = labels.Distinct(StringComparer.OrdinalIgnoreCase).Count() < labels.Count;
        Folds = !hasCase;
        _labels = [.. labels.Select(label => Fold(Encoding.UTF8.GetBytes(label)))];
        _shares = new double[labels.Count];
    }

    private bool Folds { get; }

    /// <summary>The probability of each label.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="tokens">The tokens of the answer, with those that might have stood in their places.</param>
    public static double[] Share(IReadOnlyList<string> labels, IReadOnlyList<TokenLogprob> tokens)
    {
        var shares = new LabelTokens(labels);
        (int Label, int Consumed)[] all = [.. Enumerable.Range(0, labels.Count).Select(label => (label, 0))];
        shares.Share(tokens, 0, 1, all);
        return shares._shares;
    }

    private void Share(IReadOnlyList<TokenLogprob> tokens, int place, double mass, IReadOnlyList<(int Label, int Consumed)> open)
    {
        if (place >= tokens.Count)
        {
            // Nothing follows: whichever label is complete was written.
            foreach ((int label, int consumed) in open)
            {
                if (consumed == _labels[label].Length)
                    _shares[label] += mass;
            }

            return;
        }

        TokenLogprob written = tokens[place];
        foreach (TokenLogprob token in written.Top.Append(written).DistinctBy(token => (token.Token, token.Logprob)))
        {
            double part = mass * Math.Exp(Math.Min(0, token.Logprob));
            (int Label, int Consumed)[] fitting = [.. open.Select(one => (one.Label, After(one, token))).Where(one => one.Item2 >= 0)];
            if (fitting.Length == 1)
                _shares[fitting[0].Label] += part;
            else if (fitting.Length > 1 && IsSame(token, written))
                Share(tokens, place + 1, part, fitting);
        }
    }

    // How much of the label is written after the token; -1 if it does not fit.
    private int After((int Label, int Consumed) open, TokenLogprob token)
    {
        byte[] bytes = BytesOf(token);
        ReadOnlySpan<byte> rest = _labels[open.Label].AsSpan(open.Consumed);
        ReadOnlySpan<byte> next = open.Consumed == 0 ? bytes.AsSpan().TrimStart(" \n\r\t"u8) : bytes;
        if (next.IsEmpty)
            return bytes.Length > 0 ? open.Consumed : rest.IsEmpty ? open.Consumed : -1;
        if (rest.StartsWith(next))
            return open.Consumed + next.Length;

        // "yes." is yes; "yesterday" is not.
        return next.StartsWith(rest) && !IsWordByte(next[rest.Length]) ? _labels[open.Label].Length : -1;
    }

    private byte[] BytesOf(TokenLogprob token) =>
        Fold(token.Bytes is { } bytes ? [.. bytes.Select(unit => (byte)unit)] : Encoding.UTF8.GetBytes(token.Token));

    private byte[] Fold(byte[] text)
    {
        for (int at = 0; Folds && at < text.Length; at++)
        {
            if (text[at] is >= (byte)'A' and <= (byte)'Z')
                text[at] |= 0x20;
        }

        return text;
    }

    // What is no ASCII may be part of a letter.
    private static bool IsWordByte(byte unit) => unit >= 0x80 || char.IsAsciiLetterOrDigit((char)unit);

    private static bool IsSame(TokenLogprob one, TokenLogprob other) => one.Token == other.Token && one.Logprob.Equals(other.Logprob);
}
