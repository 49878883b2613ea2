using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads what a choice's delta or message carries, under all the names that servers give it, and reports to the templates where it stands.</summary>
internal sealed class DeltaReading(LenientValues values, ChunkShape shape, ExtraFields extra)
{
    private readonly ToolCallReading _calls = new(values, shape);
    private ContentReading? _content;

    private BestText _text;
    private BestText _reasoning;
    private BestText _refusal;

    public BestText Text => _text;

    public BestText Reasoning => _reasoning;

    public BestText Refusal => _refusal;

    public List<ToolCallDelta>? Calls { get; private set; }

    public int RankOfCalls { get; private set; }

    public bool HasOutput => !_text.IsEmpty || !_reasoning.IsEmpty || !_refusal.IsEmpty || Calls is not null;

    /// <summary>Whether it says who speaks.</summary>
    public bool NamesRole { get; private set; }

    /// <summary>Whether it carries output of another kind: audio, images.</summary>
    public bool HasOther { get; private set; }

    /// <summary>Begins with another choice, and keeps nothing of the last one.</summary>
    public void Begin()
    {
        (_text, _reasoning, _refusal, Calls, RankOfCalls) = (default, default, default, null, int.MaxValue);
        (NamesRole, HasOther, _content) = (false, false, null);
    }

    /// <summary>Reads a delta, or a message.</summary>
    public void Read(ref Utf8JsonReader reader, int rank)
    {
        if (!values.Expect(ref reader, JsonTokenType.StartObject))
            return;

        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("content"u8))
                ReadContent(ref reader, rank);
            else if (RankOfReasoning(name) is { } place)
                ReadReasoning(ref reader, rank + place);
            else if (name.SequenceEqual("refusal"u8))
                OfferRefusal(values.ReadText(ref reader), rank);
            else if (name.SequenceEqual("tool_calls"u8))
                Offer(_calls.Read(ref reader, isWhole: rank >= PieceRank.Message), rank);
            else if (name.SequenceEqual("function_call"u8) && reader.TokenType == JsonTokenType.StartObject)
                Offer([_calls.ReadLegacy(ref reader)], rank + 1);
            else
            {
                NamesRole |= name.SequenceEqual("role"u8);
                HasOther |= (name.SequenceEqual("audio"u8) || name.SequenceEqual("images"u8)) && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
                if (name.SequenceEqual("role"u8))
                    reader.SkipValue();
                else
                    extra.Read(ref reader, name);
            }
        }
    }

    // vLLM before 0.16 says reasoning_content, and 0.11.1 to 0.15 say both with the same text; the others are those of other servers.
    private static int? RankOfReasoning(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("reasoning"u8) ? 0
        : name.SequenceEqual("reasoning_content"u8) ? PieceRank.ReasoningContent
        : name.SequenceEqual("thinking"u8) ? 2
        : name.SequenceEqual("reasoning_text"u8) ? 3
        : name.SequenceEqual("reasoning_details"u8) ? PieceRank.InDetails
        : null;

    /// <summary>Reads content, which is a text or a list of parts.</summary>
    public void ReadContent(ref Utf8JsonReader reader, int rank)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            _text.Offer(ReadPiece(ref reader, ChunkPart.Text, rank), rank);
            return;
        }

        (string text, string reasoning, string refusal) = (_content ??= new ContentReading(values)).Read(ref reader);
        if (text.Length > 0 || reasoning.Length > 0)
            shape.Spoil();

        _text.Offer(text, rank);
        _reasoning.Offer(reasoning, rank + PieceRank.InContent);
        OfferRefusal(refusal, rank + 1);
    }

    private void ReadReasoning(ref Utf8JsonReader reader, int rank)
    {
        // "thinking": true is a switch, not a thought.
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False)
            return;

        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            _reasoning.Offer(ReadPiece(ref reader, ChunkPart.Reasoning, rank), rank);
            return;
        }

        (string text, string reasoning, _) = (_content ??= new ContentReading(values)).Read(ref reader);
        if (text.Length > 0 || reasoning.Length > 0)
            shape.Spoil();

        _reasoning.Offer(reasoning + text, rank);
    }

    // Of a delta a string decides its part alone; whatever else says something makes the event no template.
    private string? ReadPiece(ref Utf8JsonReader reader, ChunkPart part, int rank)
    {
        bool isPiece = reader.TokenType == JsonTokenType.String && rank < PieceRank.Message;
        if (isPiece)
            shape.Report(part, reader.TokenStartIndex + 1, reader.ValueSpan.Length);

        string? text = values.ReadText(ref reader);
        if (!isPiece && text is { Length: > 0 })
            shape.Spoil();

        return text;
    }

    private void OfferRefusal(string? refusal, int rank)
    {
        if (refusal is { Length: > 0 })
            shape.Spoil();

        _refusal.Offer(refusal, rank);
    }

    private void Offer(List<ToolCallDelta>? calls, int rank)
    {
        if (calls is null)
            return;

        if (rank >= PieceRank.Message)
            shape.Spoil();

        if (rank <= RankOfCalls)
            (Calls, RankOfCalls) = (calls, rank);
    }
}
