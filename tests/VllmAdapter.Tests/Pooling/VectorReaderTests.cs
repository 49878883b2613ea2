using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Pooling;

/// <summary>32-bit floats out of JSON: the same bits, and no memory but theirs.</summary>
public sealed class VectorReaderTests
{
    public static TheoryData<float[]> Vectors => new()
    {
        new[] { 1f }, new[] { 0f, -0f }, new[] { float.MaxValue, float.MinValue, float.Epsilon }, new[] { 0.1f, 1f / 3, -7.03f, 1e-20f },
        new[] { float.MaxValue, float.MaxValue, float.MaxValue, float.MaxValue, float.MaxValue, float.MaxValue, float.MaxValue, float.MaxValue, float.MaxValue },
        Enumerable.Range(0, 1_025).Select(number => MathF.Sin(number)).ToArray(),
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Base64_and_numbers_give_the_same_bits(float[] vector)
    {
        string base64 = $"\"{Convert.ToBase64String(vector.SelectMany(BitConverter.GetBytes).ToArray())}\"";
        string numbers = new JsonArray([.. vector.Select(number => (JsonNode)number)]).ToJsonString();
        string doubles = new JsonArray([.. vector.Select(number => (JsonNode)(double)number)]).ToJsonString();

        foreach (string json in (string[])[base64, numbers, doubles])
            Read(json).Select(BitConverter.SingleToInt32Bits).Should().Equal(vector.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(100)]
    public void A_number_that_is_none_is_found_wherever_it_stands(int length)
    {
        foreach (float none in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            for (int at = 0; at < length; at++)
            {
                float[] vector = [.. Enumerable.Range(1, length).Select(number => (float)number)];
                vector[at] = none;

                VectorReader.ProblemOf(vector).Should().Contain($"as number {at}:");
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reading_allocates_the_vectors_and_little_else(bool isBase64)
    {
        const int Count = 256;
        float[] vector = [.. Enumerable.Range(0, 1_024).Select(number => MathF.Cos(number))];
        string one = isBase64
            ? $"\"{Convert.ToBase64String(vector.SelectMany(BitConverter.GetBytes).ToArray())}\""
            : new JsonArray([.. vector.Select(number => (JsonNode)number)]).ToJsonString();
        byte[] json = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(one, Count))}]");
        ReadAll(json);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int read = ReadAll(json);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        read.Should().Be(Count * vector.Length);
        allocated.Should().BeLessThan((long)(1.05 * Count * vector.Length * sizeof(float)));
    }

    private static float[] Read(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        float[] vector = new VectorReader().Read(ref reader, out string? problem);
        problem.Should().BeNull();
        return vector;
    }

    private static int ReadAll(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var vectors = new VectorReader();
        int read = 0;
        while (reader.ReadElement())
            read += vectors.Read(ref reader, out _).Length;

        return read;
    }
}
