using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// Reads content that is a list of parts: text, reasoning (Mistral: <c>{"type":"thinking","thinking":[{"type":"text","text":"..."}]}</c>),
/// refusals. A single part may stand without its list.
/// </summary>
internal sealed class ContentReading(LenientValues values)
{
    // A list in a part in a list is all that anybody sends.
    private const int Deepest = 4;

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _refusal = new();

    public (string Text, string Reasoning, string Refusal) Read(ref Utf8JsonReader reader)
    {
        _text.Clear();
        _reasoning.Clear();
        _refusal.Clear();
        ReadValue(ref reader, _text, depth: 0);
        return (_text.ToString(), _reasoning.ToString(), _refusal.ToString());
    }

    private void ReadValue(ref Utf8JsonReader reader, StringBuilder into, int depth)
    {
        if (depth < Deepest && reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.ReadElement())
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                    ReadPart(ref reader, into, depth + 1);
                else
                    into.Append(values.ReadText(ref reader));
            }
        }
        else if (depth < Deepest && values.ExpectAsList(ref reader))
        {
            ReadPart(ref reader, into, depth + 1);
        }
        else
        {
            into.Append(values.ReadText(ref reader));
        }
    }

    private void ReadPart(ref Utf8JsonReader reader, StringBuilder into, int depth)
    {
        int from = into.Length;
        bool isReasoning = false;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("text"u8))
                ReadValue(ref reader, into, depth);
            else if (name.SequenceEqual("thinking"u8) || name.SequenceEqual("reasoning"u8) || name.SequenceEqual("summary"u8))
                ReadValue(ref reader, _reasoning, depth);
            else if (name.SequenceEqual("refusal"u8))
                ReadValue(ref reader, _refusal, depth);
            else if (name.SequenceEqual("type"u8))
                isReasoning = SaysReasoning(ref reader);
            else
                reader.SkipValue();
        }

        // The type may stand behind the text.
        if (isReasoning && into == _text && into.Length > from)
        {
            _reasoning.Append(into, from, into.Length - from);
            into.Length = from;
        }
    }

    private static bool SaysReasoning(ref Utf8JsonReader reader)
    {
        bool isReasoning = reader.TokenType == JsonTokenType.String
            && (reader.ValueSpan.StartsWith("reasoning"u8) || reader.ValueSpan.StartsWith("thinking"u8));
        reader.SkipValue();
        return isReasoning;
    }
}
