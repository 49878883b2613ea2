using System.Text.Json;

namespace VllmAdapter;

/// <summary>The fields of an event, an item or a part of <c>/v1/responses</c>, as they are written.</summary>
internal ref struct ResponseFields
{
    private ReadOnlySpan<byte> _object;
    private bool _hasOutput;

    /// <summary>The type, without its quotes.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    public ReadOnlySpan<byte> Delta { get; private set; }

    public ReadOnlySpan<byte> Text { get; private set; }

    public ReadOnlySpan<byte> Refusal { get; private set; }

    public ReadOnlySpan<byte> Arguments { get; private set; }

    public ReadOnlySpan<byte> Logprobs { get; private set; }

    public ReadOnlySpan<byte> Response { get; private set; }

    public ReadOnlySpan<byte> Item { get; private set; }

    public ReadOnlySpan<byte> Id { get; private set; }

    public ReadOnlySpan<byte> CallId { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    public ReadOnlySpan<byte> ItemId { get; private set; }

    public ReadOnlySpan<byte> Content { get; private set; }

    public ReadOnlySpan<byte> Summary { get; private set; }

    /// <summary>The status, without its quotes.</summary>
    public ReadOnlySpan<byte> Status { get; private set; }

    public int OutputIndex { get; private set; }

    public int ContentIndex { get; private set; }

    /// <summary>Whether it is no event but a whole response.</summary>
    public readonly bool IsWhole => _object.SequenceEqual("response"u8) || (_hasOutput && _object.IsEmpty && Type.IsEmpty);

    /// <summary>Whether it is an item of text, which some servers give no type.</summary>
    public readonly bool HoldsText => Type.IsEmpty || Type.SequenceEqual("message"u8) || Type.SequenceEqual("reasoning"u8);

    public readonly bool IsFunctionCall => Type.SequenceEqual("function_call"u8);

    public readonly bool HasLogprobs => RawFields.IsFilledList(Logprobs);

    /// <exception cref="JsonException">The bytes are not a JSON object.</exception>
    public static ResponseFields Read(ReadOnlySpan<byte> json, out int length)
    {
        var fields = new ResponseFields { OutputIndex = -1, ContentIndex = -1 };
        length = 0;
        if (json.IsEmpty)
            return fields;

        Utf8JsonReader reader = RawFields.InsideObject(json);
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            fields.Take(name, reader.ReadRaw(json));
        }

        length = (int)reader.BytesConsumed;
        return fields;
    }

    private void Take(scoped ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        switch (name)
        {
            case var _ when name.SequenceEqual("type"u8): Type = RawFields.Unquoted(value); break;
            case var _ when name.SequenceEqual("delta"u8): Delta = value; break;
            case var _ when name.SequenceEqual("text"u8): Text = value; break;
            case var _ when name.SequenceEqual("refusal"u8): Refusal = value; break;
            case var _ when name.SequenceEqual("arguments"u8): Arguments = RawFields.AsText(value); break;
            case var _ when name.SequenceEqual("logprobs"u8): Logprobs = value; break;
            case var _ when name.SequenceEqual("response"u8): Response = RawFields.OfKind(value, (byte)'{'); break;
            case var _ when name.SequenceEqual("item"u8): Item = RawFields.OfKind(value, (byte)'{'); break;
            case var _ when name.SequenceEqual("id"u8): Id = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("call_id"u8): CallId = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("name"u8): Name = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("item_id"u8): ItemId = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("content"u8): Content = value; break;
            case var _ when name.SequenceEqual("summary"u8): Summary = RawFields.OfKind(value, (byte)'['); break;
            case var _ when name.SequenceEqual("output_index"u8): OutputIndex = RawFields.NumberOr(value, -1); break;
            case var _ when name.SequenceEqual("content_index"u8) || name.SequenceEqual("summary_index"u8): ContentIndex = RawFields.NumberOr(value, -1); break;
            case var _ when name.SequenceEqual("status"u8): Status = RawFields.Unquoted(value); break;
            case var _ when name.SequenceEqual("output"u8): _hasOutput = value[0] == '['; break;
            case var _ when name.SequenceEqual("object"u8): _object = RawFields.Unquoted(value); break;
            default: break;
        }
    }
}
