using System.Text;

namespace VllmAdapter;

/// <summary>What a piece of a response is of.</summary>
internal enum ResponsePart
{
    Text = 1,
    Refusal,
    Reasoning,
}

/// <summary>A call of a response on its way.</summary>
internal sealed class ResponseCall(int index, string itemId, int outputIndex)
{
    /// <summary>Which call of the answer it is, from 0.</summary>
    public int Index { get; } = index;

    public string ItemId { get; } = itemId;

    public int OutputIndex { get; } = outputIndex;

    public WrittenText Arguments { get; } = new();

    /// <summary>Whether its arguments stood whole where it began, so that the pieces only repeat them.</summary>
    public bool IsGivenWhole { get; set; }

    /// <summary>Whether its arguments were told whole.</summary>
    public bool IsToldWhole { get; set; }

    /// <summary>Whether the server closed the item. 0.20.2 leaves one open that was cut.</summary>
    public bool IsClosed { get; set; }
}

/// <summary>What came of the items of a response: what the events after it may only repeat.</summary>
internal sealed class ResponseParts
{
    private readonly List<ResponseCall> _calls = [];
    private readonly Dictionary<(ResponsePart Part, int Output, int Content), WrittenText> _texts = [];
    private readonly Dictionary<ResponsePart, WrittenText> _last = [];

    /// <summary>Whether anything of the answer came.</summary>
    public bool AnyCame => _texts.Count > 0 || _calls.Count > 0;

    /// <summary>Whether a call was neither closed nor told whole.</summary>
    public bool AnyOpen => _calls.Exists(static call => !call.IsClosed && !call.IsToldWhole);

    public int CallCount => _calls.Count;

    /// <summary>Whether the server said of an item that it was cut.</summary>
    public bool HasCutItem { get; set; }

    public bool HasAny(ResponsePart part) => _last.ContainsKey(part);

    public void Add(ResponsePart part, ResponseFields of, ReadOnlySpan<byte> piece) => TextOf(part, of.OutputIndex, of.ContentIndex).Add(piece);

    /// <summary>What a whole text adds to the pieces that came of it: all of it if none came, and nothing if it repeats them.</summary>
    public byte[] RestOf(ResponsePart part, int output, int content, ReadOnlySpan<byte> whole) => Known(part, output, content) is { } known
        ? known.RestOf(whole)
        : whole.ToArray();

    public ResponseCall Open(ResponseFields of, ResponseFields item) => Open(item.Id, of.OutputIndex);

    /// <summary>The call that an item is of; null if it is a new one.</summary>
    public ResponseCall? Find(ResponseFields of, ResponseFields item) => Find(item.Id, of.OutputIndex);

    /// <summary>The call that a piece is of; one that was never opened is opened.</summary>
    public ResponseCall CallAt(ResponseFields piece)
    {
        bool isPlaced = piece.OutputIndex >= 0;
        return Find(piece.ItemId, piece.OutputIndex)
            ?? _calls.FindLast(call => !call.IsClosed && !(isPlaced && call.OutputIndex >= 0))
            ?? Open(piece.ItemId, piece.OutputIndex);
    }

    /// <summary>Goes through the texts of a whole item that did not come before.</summary>
    public void ForEachMissing(int output, ResponseFields item, SayPart say)
    {
        bool isReasoning = item.Type.SequenceEqual("reasoning"u8);
        Offer(isReasoning ? ResponsePart.Reasoning : ResponsePart.Text, item.Content, 0);
        RawFields.ForEachObject(item.Content, (element, place) =>
        {
            ResponseFields part = ResponseFields.Read(element, out _);
            Offer(isReasoning || part.Type.SequenceEqual("reasoning_text"u8) ? ResponsePart.Reasoning : ResponsePart.Text, part.Text, place);
            Offer(ResponsePart.Refusal, part.Refusal, place);
        });
        RawFields.ForEachObject(item.Summary, (element, place) => Offer(ResponsePart.Reasoning, ResponseFields.Read(element, out _).Text, place));

        void Offer(ResponsePart part, ReadOnlySpan<byte> text, int place)
        {
            if (!RawFields.IsText(text) || RestOf(part, output, place, text) is not { Length: > 0 } rest)
                return;

            TextOf(part, output, place).Add(rest);
            say(part, rest);
        }
    }

    private ResponseCall Open(ReadOnlySpan<byte> itemId, int outputIndex)
    {
        var call = new ResponseCall(_calls.Count, Encoding.UTF8.GetString(itemId), outputIndex);
        _calls.Add(call);
        return call;
    }

    // By its id and its place; else by its id, for which some servers take the same twice; else by its place among those that are still open.
    private ResponseCall? Find(ReadOnlySpan<byte> itemId, int outputIndex)
    {
        string id = Encoding.UTF8.GetString(itemId);
        bool IsOfTheId(ResponseCall call) => id.Length > 0 && call.ItemId == id;
        return _calls.FindLast(call => IsOfTheId(call) && call.OutputIndex == outputIndex)
            ?? _calls.FindLast(call => IsOfTheId(call) && !call.IsClosed)
            ?? _calls.FindLast(IsOfTheId)
            ?? _calls.FindLast(call => !call.IsClosed && call.OutputIndex == outputIndex);
    }

    private WrittenText TextOf(ResponsePart part, int output, int content)
    {
        if (!_texts.TryGetValue((part, output, content), out WrittenText? text))
            _texts[(part, output, content)] = text = new WrittenText();

        return _last[part] = text;
    }

    // Some servers leave out one place or both, in the pieces or where the text stands whole.
    private WrittenText? Known(ResponsePart part, int output, int content) =>
        _texts.GetValueOrDefault((part, output, content))
        ?? _texts.GetValueOrDefault((part, output, -1))
        ?? _texts.GetValueOrDefault((part, -1, -1))
        ?? (output < 0 || content < 0 ? _last.GetValueOrDefault(part) : null);
}

/// <summary>Takes over the text of a part.</summary>
internal delegate void SayPart(ResponsePart part, ReadOnlySpan<byte> text);
