using System.Buffers;

namespace VllmAdapter;

/// <summary>One chunk that was parsed, and the places in it where the next one may differ.</summary>
/// <remarks>
/// A JSON document in which only the inside of a string, or the digits of a number, was exchanged has the same structure. Everything
/// else does not match, and is parsed.
/// </remarks>
internal sealed class ChunkTemplate(byte[] json, ChunkTemplate.Hole[] holes, ChatChunk chunk, ChoiceProgress progress)
{
    private const int MostDigits = 9;

    // What ends a string, begins an escape, or must not be in it.
    private static readonly SearchValues<byte> NotPlain =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(control => (byte)control)]);

    /// <summary>The choice of every chunk that matches.</summary>
    public int Choice { get; } = chunk.ChoiceIndex;

    /// <summary>The call of every chunk that matches, but for its arguments; null if they have none.</summary>
    public ToolCallDelta? Call { get; } = chunk.OnlyCall;

    public ChoiceProgress Progress { get; } = progress;

    /// <summary>The chunk whose fields without a property every chunk that matches repeats; null if it has none.</summary>
    public ChatChunk? Extra { get; } = chunk.Extra is null && chunk.ChoiceExtra is null ? null : chunk;

    /// <summary>Reads JSON that matches.</summary>
    public bool TryRead(ReadOnlySpan<byte> alike, ref Filling filling)
    {
        ReadOnlySpan<byte> template = json;
        int at = 0;
        int from = 0;
        foreach (Hole hole in holes)
        {
            ReadOnlySpan<byte> same = template[from..hole.Start];
            if (!alike[at..].StartsWith(same))
                return false;

            at += same.Length;
            from = hole.End;
            int length = hole.IsText ? LengthOfText(alike[at..]) : LengthOfNumber(alike[at..]);
            if (length < 0)
                return false;

            filling.Set(hole.Part, alike.Slice(at, length));
            at += length;
        }

        return alike[at..].SequenceEqual(template[from..]);
    }

    // The quote that ends the string is compared with the template.
    private static int LengthOfText(ReadOnlySpan<byte> json)
    {
        int length = 0;
        while (true)
        {
            int plain = json[length..].IndexOfAny(NotPlain);
            if (plain < 0)
                return -1;

            length += plain;
            if (json[length] == '"')
                return length;

            int escape = JsonText.LengthOfEscape(json[length..]);
            if (escape < 0)
                return -1;

            length += escape;
        }
    }

    // A zero in front is no JSON, and what follows the digits is compared with the template.
    private static int LengthOfNumber(ReadOnlySpan<byte> json)
    {
        int length = 0;
        while (length < json.Length && json[length] is >= (byte)'0' and <= (byte)'9')
            length++;

        return length is < 1 or > MostDigits || (length > 1 && json[0] == '0') ? -1 : length;
    }

    /// <summary>A place where chunks may differ.</summary>
    public readonly record struct Hole(ChunkPart Part, int Start, int End)
    {
        public bool IsEmpty => End == Start;

        public bool IsText => Part is ChunkPart.Text or ChunkPart.Reasoning or ChunkPart.Arguments;
    }

    /// <summary>What stands in the holes of a chunk that matched.</summary>
    public ref struct Filling
    {
        private ReadOnlySpan<byte> _text;
        private ReadOnlySpan<byte> _reasoning;
        private ReadOnlySpan<byte> _arguments;
        private int? _prompt;
        private int? _completion;
        private int? _total;

        public readonly string Text => JsonText.ReadPiece(_text);

        public readonly string Reasoning => JsonText.ReadPiece(_reasoning);

        public readonly string Arguments => JsonText.ReadPiece(_arguments);

        public readonly TokenUsage? Usage => TokenUsage.From(_prompt, _completion, _total);

        public void Set(ChunkPart part, ReadOnlySpan<byte> json)
        {
            switch (part)
            {
                case ChunkPart.Text:
                    _text = json;
                    break;
                case ChunkPart.Reasoning:
                    _reasoning = json;
                    break;
                case ChunkPart.Arguments:
                    _arguments = json;
                    break;
                case ChunkPart.PromptTokens:
                    _prompt = Number(json);
                    break;
                case ChunkPart.CompletionTokens:
                    _completion = Number(json);
                    break;
                case ChunkPart.TotalTokens:
                    _total = Number(json);
                    break;
            }
        }

        private static int Number(ReadOnlySpan<byte> digits)
        {
            int number = 0;
            foreach (byte digit in digits)
                number = (number * 10) + (digit - '0');

            return number;
        }
    }
}
