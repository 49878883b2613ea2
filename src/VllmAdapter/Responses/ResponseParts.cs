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

    public bool HasArguments { get; set; }

    /// <summary>Whether the server closed the item. 0.20.2 leaves one open that was cut.</summary>
    public bool IsClosed { get; set; }
}

/// <summary>What came of the items of a response: what the events after it may only repeat.</summary>
internal sealed class ResponseParts
{
    private readonly List<ResponseCall> _calls = [];
    private readonly HashSet<(ResponsePart Part, int Output, int Content)> _came = [];

    /// <summary>Whether anything of the answer came.</summary>
    public bool AnyCame => _came.Count > 0 || _calls.Count > 0;

    /// <summary>Whether a call was never closed.</summary>
    public bool AnyOpen => _calls.Exists(static call => !call.IsClosed);

    public void Came(ResponsePart part, ResponseFields of) => _came.Add((part, of.OutputIndex, of.ContentIndex));

    public bool HasCome(ResponsePart part, ResponseFields of) => _came.Contains((part, of.OutputIndex, of.ContentIndex));

    public ResponseCall Open(ResponseFields of, ResponseFields item)
    {
        var call = new ResponseCall(_calls.Count, Encoding.UTF8.GetString(item.Id), of.OutputIndex);
        _calls.Add(call);
        return call;
    }

    /// <summary>The call that an item is of; null if it is a new one.</summary>
    public ResponseCall? Find(ResponseFields of, ResponseFields item) => Find(item.Id, of.OutputIndex);

    /// <summary>The call that a piece is of; one that was never opened is opened.</summary>
    public ResponseCall CallAt(ResponseFields piece)
    {
        if ((Find(piece.ItemId, piece.OutputIndex) ?? _calls.FindLast(static call => !call.IsClosed)) is { } known)
            return known;

        var call = new ResponseCall(_calls.Count, Encoding.UTF8.GetString(piece.ItemId), piece.OutputIndex);
        _calls.Add(call);
        return call;
    }

    /// <summary>Goes through the parts of a whole item of which nothing came before.</summary>
    public void ForEachMissing(int output, ResponseFields item, SayPart say)
    {
        bool isReasoning = item.Type.SequenceEqual("reasoning"u8);
        RawFields.ForEachObject(item.Content, (element, place) =>
        {
            ResponseFields part = ResponseFields.Read(element, out _);
            Offer(isReasoning || part.Type.SequenceEqual("reasoning_text"u8) ? ResponsePart.Reasoning : ResponsePart.Text, part.Text, place);
            Offer(ResponsePart.Refusal, part.Refusal, place);
        });
        RawFields.ForEachObject(item.Summary, (element, place) => Offer(ResponsePart.Reasoning, ResponseFields.Read(element, out _).Text, place));

        void Offer(ResponsePart part, ReadOnlySpan<byte> text, int place)
        {
            bool isKnown = _came.Contains((part, output, place)) || _came.Contains((part, output, -1)) || _came.Contains((part, -1, -1));
            if (!RawFields.IsText(text) || isKnown)
                return;

            _came.Add((part, output, place));
            say(part, text);
        }
    }

    // By its id, else by its place among those that are still open.
    private ResponseCall? Find(ReadOnlySpan<byte> itemId, int outputIndex)
    {
        string id = Encoding.UTF8.GetString(itemId);
        return _calls.Find(call => id.Length > 0 && call.ItemId == id)
            ?? _calls.FindLast(call => !call.IsClosed && call.OutputIndex == outputIndex);
    }
}

/// <summary>Takes over the text of a part.</summary>
internal delegate void SayPart(ResponsePart part, ReadOnlySpan<byte> text);
