using System.Text;

namespace VllmAdapter.Tests.Wire;

/// <summary>
/// Streams of random shapes: reading by comparison gives what parsing gives, and both give what the rules say. Some 20,000 chunks with a
/// fixed seed; with the environment variable VLLMADAPTER_FULL_SWEEP=1 there are 1,200,000.
/// </summary>
[Trait("Sweep", "full")]
public sealed class ChunkReaderPropertyTests
{
    private const int Seed = 20_261_126;
    private const int Length = 12;

    private static readonly int Streams = Sweep.IsFull ? 100_000 : 1_700;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_chunk_is_read_by_the_rules_whatever_came_before(bool isPlain)
    {
        int alike = 0;
        for (int seed = Seed; seed < Seed + (Streams / 2); seed++)
            alike += CompareStream(seed, isPlain);

        alike.Should().BeGreaterThan(Streams * Length / 2 / 10, "at least a tenth of the chunks should be read by comparison");
    }

    // What a chunk means on its own, it means in the middle of a stream: only a whole message and half a character depend on what came before.
    private static int CompareStream(int seed, bool isPlain)
    {
        var random = new Random(seed);
        ChunkShape[] shapes = [new(random.Next(), isPlain), new(random.Next(), isPlain)];
        var reader = new ChunkReader();
        var reference = new ChunkReference();
        int alike = 0;
        int shape = 0;
        for (int i = 0; i < Length; i++)
        {
            // Runs of one shape, as in real streams: only the third chunk of a run can be read by comparison.
            shape = random.Next(6) == 0 ? 1 - shape : shape;
            string json = shapes[shape].Write(random);
            byte[] bytes = Encoding.UTF8.GetBytes(json);
            alike += reader.IsAlike(bytes) ? 1 : 0;
            reader.Read(bytes).Should().Be(bytes.Length);
            string[] read = [.. reader.Chunks.Select(ChunkReference.Describe)];

            IReadOnlyList<string> expected = reference.Read(json);
            if (!read.SequenceEqual(expected))
                read.Should().Equal(expected, Because("the rules"));

            json.Should().Contain($"\"id\":\"{reader.Id}\"", Because("the id"));
            if (!isPlain)
                continue;

            var alone = new ChunkReader();
            alone.Read(bytes);
            if (!read.SequenceEqual(alone.Chunks.Select(ChunkReference.Describe)) || alone.Usage != reader.Usage)
                read.Should().Equal(alone.Chunks.Select(ChunkReference.Describe), Because("a reader that parses it"));

            string Because(string what) => $"{what} say so of chunk {i} with seed {seed}: {json}";
        }

        return alike;
    }
}
