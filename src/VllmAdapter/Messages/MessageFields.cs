using System.Text.Json;

namespace VllmAdapter;

/// <summary>The fields of an event, a block or a message of <c>/v1/messages</c>, as they are written.</summary>
internal ref struct MessageFields
{
    /// <summary>The type, without its quotes.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    public ReadOnlySpan<byte> Message { get; private set; }

    public ReadOnlySpan<byte> ContentBlock { get; private set; }

    public ReadOnlySpan<byte> Delta { get; private set; }

    public ReadOnlySpan<byte> Content { get; private set; }

    public ReadOnlySpan<byte> Text { get; private set; }

    public ReadOnlySpan<byte> Thinking { get; private set; }

    public ReadOnlySpan<byte> PartialJson { get; private set; }

    public ReadOnlySpan<byte> Input { get; private set; }

    public ReadOnlySpan<byte> Id { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    public ReadOnlySpan<byte> Model { get; private set; }

    /// <summary>The reason, without its quotes.</summary>
    public ReadOnlySpan<byte> StopReason { get; private set; }

    public ReadOnlySpan<byte> StopSequence { get; private set; }

    public ReadOnlySpan<byte> InputTokens { get; private set; }

    public ReadOnlySpan<byte> Usage { get; private set; }

    public int Index { get; private set; }

    /// <exception cref="JsonException">The bytes are not a JSON object.</exception>
    public static MessageFields Read(ReadOnlySpan<byte> json, out int length)
    {
        var fields = new MessageFields { Index = -1 };
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
            case var _ when name.SequenceEqual("message"u8): Message = RawFields.OfKind(value, (byte)'{'); break;
            case var _ when name.SequenceEqual("content_block"u8): ContentBlock = RawFields.OfKind(value, (byte)'{'); break;
            case var _ when name.SequenceEqual("delta"u8): Delta = RawFields.OfKind(value, (byte)'{'); break;
            case var _ when name.SequenceEqual("content"u8): Content = value; break;
            case var _ when name.SequenceEqual("text"u8): Text = value; break;
            case var _ when name.SequenceEqual("thinking"u8): Thinking = value; break;
            case var _ when name.SequenceEqual("partial_json"u8): PartialJson = value; break;
            case var _ when name.SequenceEqual("input"u8): Input = value; break;
            case var _ when name.SequenceEqual("id"u8): Id = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("name"u8): Name = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("model"u8): Model = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("stop_reason"u8): StopReason = RawFields.Unquoted(value); break;
            case var _ when name.SequenceEqual("stop_sequence"u8): StopSequence = RawFields.OfKind(value, (byte)'"'); break;
            case var _ when name.SequenceEqual("usage"u8): Usage = RawFields.OfKind(value, (byte)'{'); break;
            case var _ when name.SequenceEqual("input_tokens"u8) && !value.SequenceEqual("null"u8): InputTokens = value; break;
            case var _ when name.SequenceEqual("index"u8): Index = RawFields.NumberOr(value, -1); break;
            default: break;
        }
    }
}
