using System.Buffers;
using System.Text;

namespace VllmAdapter;

/// <summary>
/// The last piece of text that was read in full. Most chunks differ from the one before only in their text and their counts; such a
/// chunk is read by comparing bytes, several times faster than by parsing, and with the same result.
/// </summary>
/// <remarks>
/// A JSON document in which only the inside of a string without escapes, or the digits of a number, was exchanged has the same
/// structure. Everything else does not match, and is parsed.
/// </remarks>
internal sealed class ChunkTemplate
{
    private const int MostDigits = 9;

    // What ends a string, escapes in it, or must not be in it.
    private static readonly SearchValues<byte> NotPlain =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(control => (byte)control)]);

    private readonly List<Hole> _holes = new(4);
    private byte[] _bytes = [];
    private int _length;
    private bool _isUsable;

    /// <summary>What may differ from chunk to chunk.</summary>
    public enum Part
    {
        Text = 1,
        Reasoning,
        PromptTokens,
        CompletionTokens,
        TotalTokens,
    }

    private readonly record struct Hole(Part Part, int Start, int End);

    /// <summary>Forgets the holes; the parser reports them anew as it comes upon them.</summary>
    public void Begin()
    {
        _holes.Clear();
        _isUsable = false;
    }

    public void Report(Part part, long start, int length) => _holes.Add(new Hole(part, (int)start, (int)start + length));

    /// <summary>Keeps a chunk as the template of the next, if it is a plain piece of text.</summary>
    public void Keep(ReadOnlySpan<byte> json, List<ChatChunk> chunks)
    {
        if (chunks is not [{ HasChoice: true, FinishWord: null, HasToolCalls: false, HasExtras: false, Usage: null or { Details: null } }])
            return;

        if (_holes.Count(hole => hole.Part is Part.Text or Part.Reasoning) != 1 || _holes.DistinctBy(hole => hole.Part).Count() != _holes.Count)
            return;

        if (_bytes.Length < json.Length)
            _bytes = new byte[json.Length * 2];

        json.CopyTo(_bytes);
        _length = json.Length;
        Choice = chunks[0].Choice;
        _isUsable = true;
    }

    /// <summary>The choice of the template, and so of every chunk that matches it.</summary>
    public int Choice { get; private set; }

    /// <summary>The chunk of some JSON that matches the template; null if it does not.</summary>
    public ChatChunk? Read(ReadOnlySpan<byte> json, out TokenUsage? usage)
    {
        usage = null;
        if (!_isUsable)
            return null;

        ReadOnlySpan<byte> template = _bytes.AsSpan(0, _length);
        ReadOnlySpan<byte> text = default;
        bool isReasoning = false;
        int? prompt = null, completion = null, total = null;
        int at = 0;
        int from = 0;
        foreach (Hole hole in _holes)
        {
            ReadOnlySpan<byte> same = template[from..hole.Start];
            if (!json[at..].StartsWith(same))
                return null;

            at += same.Length;
            from = hole.End;
            if (hole.Part is Part.Text or Part.Reasoning)
            {
                int length = json[at..].IndexOfAny(NotPlain);
                if (length < 0 || json[at + length] != '"')
                    return null;

                text = json.Slice(at, length);
                isReasoning = hole.Part == Part.Reasoning;
                at += length;
            }
            else
            {
                if (!TryReadNumber(json[at..], out int number, out int digits))
                    return null;

                if (hole.Part == Part.PromptTokens)
                    prompt = number;
                else if (hole.Part == Part.CompletionTokens)
                    completion = number;
                else
                    total = number;

                at += digits;
            }
        }

        if (!json[at..].SequenceEqual(template[from..]))
            return null;

        usage = TokenUsage.From(prompt, completion, total);
        string read = text.IsEmpty ? "" : Encoding.UTF8.GetString(text);
        return isReasoning
            ? new ChatChunk(Choice, "", read, toolCalls: null, finishWord: null, usage)
            : new ChatChunk(Choice, read, "", toolCalls: null, finishWord: null, usage);
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> json, out int number, out int digits)
    {
        number = 0;
        digits = 0;
        while (digits < json.Length && json[digits] is >= (byte)'0' and <= (byte)'9')
        {
            if (digits == MostDigits)
                return false;

            number = (number * 10) + (json[digits++] - '0');
        }

        // A zero in front is no JSON, and what follows the digits is compared with the template.
        return digits > 0 && !(digits > 1 && json[0] == '0');
    }
}
