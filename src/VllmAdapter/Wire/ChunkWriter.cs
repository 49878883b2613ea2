using System.Buffers;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes chunks of a chat from values that are JSON already. Values are copied as they are written, so that none is read twice.</summary>
internal sealed class ChunkWriter
{
    private readonly ArrayBufferWriter<byte> _chunk = new(256);

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _chunk.WrittenSpan;

    public void Clear() => _chunk.ResetWrittenCount();

    public ChunkWriter Raw(ReadOnlySpan<byte> json)
    {
        _chunk.Write(json);
        return this;
    }

    public ChunkWriter Number(int number)
    {
        Span<byte> digits = stackalloc byte[16];
        System.Buffers.Text.Utf8Formatter.TryFormat(number, digits, out int length);
        return Raw(digits[..length]);
    }

    /// <summary>A text that is not JSON yet.</summary>
    public ChunkWriter Text(string text) => Raw("\""u8).Raw(JsonEncodedText.Encode(text).EncodedUtf8Bytes).Raw("\""u8);

    /// <summary>A field of an object, with a comma before it unless it is the first. Nothing is written for a value that is empty or null.</summary>
    public ChunkWriter Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref bool isFirst)
    {
        if (value.IsEmpty || value.SequenceEqual("null"u8))
            return this;

        Comma(ref isFirst);
        return Raw("\""u8).Raw(name).Raw("\":"u8).Raw(value);
    }

    public ChunkWriter Comma(ref bool isFirst)
    {
        if (!isFirst)
            Raw(","u8);

        isFirst = false;
        return this;
    }

    /// <summary>A chunk of choice 0 with one field in its delta.</summary>
    public ChunkWriter Delta(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Raw("{\"choices\":[{\"index\":0,\"delta\":{\""u8).Raw(name).Raw("\":"u8).Raw(value).Raw("}}]}"u8);

    /// <summary>A chunk with a piece of a call; of what is empty nothing is said.</summary>
    public ChunkWriter Call(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> arguments)
    {
        Raw("{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":["u8);
        WriteCall(index, id, name, arguments);
        return Raw("]}}]}"u8);
    }

    /// <summary>One entry of a list of calls.</summary>
    public void WriteCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> arguments)
    {
        Raw("{\"index\":"u8).Number(index);
        bool isFirst = false;
        Field("id"u8, id, ref isFirst);
        Raw(",\"function\":{"u8);
        isFirst = true;
        Field("name"u8, name, ref isFirst);
        Field("arguments"u8, arguments, ref isFirst);
        Raw("}}"u8);
    }
}
