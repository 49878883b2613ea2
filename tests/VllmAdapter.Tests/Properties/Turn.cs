using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>A generated reply: what the server means to send, how many bytes of it come, and what comes after them.</summary>
internal sealed record Turn(IReadOnlyList<Step> Steps, int Choices, double Part, BodyEnding Ending, int Seed)
{
    public byte[] Bytes
    {
        get
        {
            byte[] all = Encoding.UTF8.GetBytes(string.Concat(Steps.Select(step => step.Event)));
            return all[..(int)(all.Length * Part)];
        }
    }

    /// <summary>The steps that came whole, up to the one after which nobody reads on.</summary>
    public IReadOnlyList<Step> Came
    {
        get
        {
            List<Step> came = [];
            int left = Bytes.Length;
            foreach (Step step in Steps)
            {
                // The blank line may be missing.
                int length = Encoding.UTF8.GetByteCount(step.Event);
                if (left < length - 2)
                    break;

                came.Add(step);
                left -= length;
                if (step is Step.Done or Step.Fails or Step.Garbles)
                    break;
            }

            return came;
        }
    }

    public bool CameWhole => Part >= 1;

    public IReadOnlyList<ReadOnlyMemory<byte>> InOnePiece => [Bytes];

    public IReadOnlyList<ReadOnlyMemory<byte>> ByteByByte => [.. Bytes.Chunk(1).Select(one => (ReadOnlyMemory<byte>)one)];

    public IReadOnlyList<ReadOnlyMemory<byte>> InOddPieces
    {
        get
        {
            var random = new Random(Seed);
            ReadOnlyMemory<byte> rest = Bytes;
            List<ReadOnlyMemory<byte>> pieces = [];
            while (!rest.IsEmpty)
            {
                int length = Math.Min(rest.Length, random.Next(1, 200));
                pieces.Add(rest[..length]);
                rest = rest[length..];
            }

            return pieces;
        }
    }

    /// <summary>What was meant for a choice and came.</summary>
    public string TextOf(int choice) => string.Concat(Came.OfType<Step.Says>().Where(step => step.Choice == choice).Select(step => step.Text));

    public string ReasoningOf(int choice) => string.Concat(Came.OfType<Step.Reasons>().Where(step => step.Choice == choice).Select(step => step.Text));

    public IEnumerable<string> ReasonsOf(int choice) =>
        Came.OfType<Step.Finishes>().Where(step => step.Choice == choice && step.Reason.Length > 0).Select(step => step.Reason);

    /// <summary>The calls of which every piece came and none was damaged, as choice and arguments.</summary>
    public IReadOnlyList<(int Choice, string Name, string Arguments)> WholeCalls =>
    [
        .. Came.OfType<Step.Calls>().GroupBy(step => (step.Choice, step.Index))
            .Where(pieces => pieces.Any(piece => piece.IsLast) && !pieces.Any(piece => piece.IsDamaged))
            .Select(pieces => (pieces.Key.Choice, pieces.First().Name, string.Concat(pieces.Select(piece => piece.Fragment)))),
    ];

    public override string ToString() => $"{Choices} choices, {Part:P0}, then {Ending}:\n{Encoding.UTF8.GetString(Bytes)}";
}
