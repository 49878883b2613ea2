using System.Buffers;
using System.Collections.Immutable;

namespace VllmAdapter.Testing;

/// <summary>Deals the bytes of a body into pieces of other sizes. What lies on two sides of a pause stays apart.</summary>
internal static class PieceShaping
{
    public static ImmutableArray<WireStep> InPiecesOf(ImmutableArray<WireStep> steps, ImmutableArray<int> sizes)
    {
        if (sizes.IsEmpty)
            return steps;

        var shaped = ImmutableArray.CreateBuilder<WireStep>();
        var together = new ArrayBufferWriter<byte>();
        int dealt = 0;
        foreach (WireStep step in steps)
        {
            if (step is WireStep.Piece piece)
            {
                together.Write(piece.Bytes.Span);
                continue;
            }

            Deal();
            shaped.Add(step);
        }

        Deal();
        return shaped.ToImmutable();

        void Deal()
        {
            ReadOnlyMemory<byte> rest = together.WrittenSpan.ToArray();
            together.ResetWrittenCount();
            while (!rest.IsEmpty)
            {
                int size = Math.Min(sizes[Math.Min(dealt++, sizes.Length - 1)], rest.Length);
                shaped.Add(new WireStep.Piece(rest[..size]));
                rest = rest[size..];
            }
        }
    }

    /// <summary>Takes the line ends off the end of the last piece.</summary>
    public static ImmutableArray<WireStep> Unterminated(ImmutableArray<WireStep> steps)
    {
        int last = steps.FindLastIndex(static step => step is WireStep.Piece);
        return last < 0
            ? steps
            : steps.SetItem(last, new WireStep.Piece(((WireStep.Piece)steps[last]).Bytes.TrimEnd("\r\n"u8)));
    }

    private static int FindLastIndex(this ImmutableArray<WireStep> steps, Func<WireStep, bool> match)
    {
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            if (match(steps[i]))
                return i;
        }

        return -1;
    }
}
