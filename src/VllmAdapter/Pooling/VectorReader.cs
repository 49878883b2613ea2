using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads 32-bit floats of a reply, written as base64 of little-endian bytes or as numbers, and sees that each is one. Not thread-safe.</summary>
internal sealed class VectorReader
{
    // Of the vector before: those of one reply are of one length.
    private int _expected = 256;

    /// <summary>Reads the vector that the reader stands at.</summary>
    /// <param name="reader">Stands at the end of the vector afterwards.</param>
    /// <param name="problem">What is wrong with it, as a predicate; null if nothing is.</param>
    /// <returns>The vector; empty if there is a problem.</returns>
    public float[] Read(ref Utf8JsonReader reader, out string? problem)
    {
        problem = null;
        float[] vector = [];
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                vector = Decode(ref reader, ref problem);
                break;
            case JsonTokenType.StartArray:
                vector = ReadNumbers(ref reader, ref problem);
                break;
            default:
                problem = $"is {Word(reader.TokenType)} where a vector is due";
                reader.SkipValue();
                break;
        }

        problem ??= vector.Length == 0 ? "is empty" : ProblemOf(vector);
        _expected = Math.Max(vector.Length, 1);
        return problem is null ? vector : [];
    }

    /// <summary>Reads the numbers of a list; the reader stands at its first token.</summary>
    public float[] ReadNumbers(ref Utf8JsonReader reader, ref string? problem)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(_expected);
        int length = 0;
        while (reader.ReadElement())
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out float number))
            {
                if (length == buffer.Length)
                    buffer = Grown(buffer);

                buffer[length++] = number;
            }
            else
            {
                problem ??= string.Create(CultureInfo.InvariantCulture, $"holds {Word(reader.TokenType)} where number {length} is due{Hint(reader.TokenType)}");
                reader.SkipValue();
            }
        }

        float[] vector = problem is null ? buffer.AsSpan(0, length).ToArray() : [];
        ArrayPool<float>.Shared.Return(buffer);
        return vector;
    }

    /// <summary>The first number that is none, as a predicate; null if all are.</summary>
    public static string? ProblemOf(ReadOnlySpan<float> vector)
    {
        // A sum is infinite or NaN as soon as one of its members is; one that overflowed is looked at in full.
        Vector<float> sums = Vector<float>.Zero;
        int at = 0;
        for (; at <= vector.Length - Vector<float>.Count; at += Vector<float>.Count)
            sums += Vector.Abs(new Vector<float>(vector[at..]));

        float sum = Vector.Sum(sums);
        for (; at < vector.Length; at++)
            sum += vector[at];

        if (float.IsFinite(sum))
            return null;

        for (at = 0; at < vector.Length; at++)
        {
            if (!float.IsFinite(vector[at]))
                return string.Create(CultureInfo.InvariantCulture, $"holds {vector[at]} as number {at}: the model made no finite number of this input");
        }

        return null;
    }

    private static float[] Decode(ref Utf8JsonReader reader, ref string? problem)
    {
        // Some servers write a slash as "\/".
        ReadOnlySpan<byte> text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Read(ref reader)) : reader.ValueSpan;
        int padding = text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0;
        long bytes = text.Length / 4 * 3L - padding;
        if (text.Length % 4 != 0 || bytes < 0)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"is a text of {text.Length} characters, which is not base64");
            return [];
        }

        if (bytes % sizeof(float) != 0)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"is base64 of {bytes} bytes, which is not a whole number of 32-bit floats");
            return [];
        }

        float[] vector = GC.AllocateUninitializedArray<float>((int)(bytes / sizeof(float)));
        OperationStatus status = Base64.DecodeFromUtf8(text, MemoryMarshal.AsBytes(vector.AsSpan()), out _, out int written);
        if (status != OperationStatus.Done || written != bytes)
        {
            problem = "is a text that is not base64";
            return [];
        }

        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<float, int>(vector.AsSpan());
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        return vector;
    }

    private static float[] Grown(float[] buffer)
    {
        float[] larger = ArrayPool<float>.Shared.Rent(checked(2 * buffer.Length));
        buffer.CopyTo(larger.AsSpan());
        ArrayPool<float>.Shared.Return(buffer);
        return larger;
    }

    private static string Hint(JsonTokenType token) => token switch
    {
        JsonTokenType.Null => ": the model made no finite number of this input (vLLM writes NaN so)",
        _ => "",
    };

    private static string Word(JsonTokenType token) => token switch
    {
        JsonTokenType.Null => "null",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.StartObject => "an object",
        _ => "a list",
    };
}
