using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>
/// What is concluded from a body depends on its bytes alone: not on where a read ends, nor on how lines end, nor on a byte order mark.
/// By default all odd bodies, all that public reports tell and a twentieth of the small recordings, at sampled places; with the environment variable
/// VLLMADAPTER_FULL_SWEEP=1 all of them at every place.
/// </summary>
[Trait("Sweep", "full")]
public sealed class SplitEverywhereTests
{
    private const int SampledSplits = 2;

    public static TheoryData<RecordedPath> Bodies =>
    [
        .. SmallBody.Odd.Select(body => body.Name)
            .Concat(RecordedCorpus.Reports.Cases.Where(SmallBody.Is).Select(recording => recording.Path))
            .Concat(RecordedCorpus.Servers.Cases.Concat(RecordedCorpus.Proxies.Cases)
                .Where(SmallBody.Is).Where((_, index) => Sweep.IsFull || index % 20 == 0).Select(recording => recording.Path))
            .Select(name => new RecordedPath(name)),
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Where_a_read_ends_does_not_matter(RecordedPath name)
    {
        SmallBody body = SmallBody.Find(name.Path!);
        IReadOnlyList<Rewritten> ways = Rewritten.WaysFor(body);
        for (int way = 0; way < ways.Count; way++)
        {
            byte[] bytes = ways[way].Write(body);
            Conclusion inOnePiece = await PlayAsync(body, ways[way], bytes);

            (await PlayAsync(body, ways[way], [.. bytes.Chunk(1)])).Should().Be(inOnePiece, $"{ways[way]}, byte by byte");
            foreach (int at in Splits(body, bytes.Length, way, ways.Count))
                (await PlayAsync(body, ways[way], bytes[..at], bytes[at..])).Should().Be(inOnePiece, $"{ways[way]}, split at {at} of {bytes.Length}");
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task How_lines_end_and_a_mark_before_them_do_not_matter(RecordedPath name)
    {
        SmallBody body = SmallBody.Find(name.Path!);
        foreach (Rewritten way in Rewritten.WaysFor(body))
        {
            Conclusion asIs = await PlayAsync(body, way.AsIs, way.AsIs.Write(body));

            (await PlayAsync(body, way, way.Write(body))).Should().Be(asIs, way.ToString());
        }
    }

    // In full every place is tried: of what no real server was heard to say in every way, of a recording in one of the ways, by turns.
    private static IEnumerable<int> Splits(SmallBody body, int length, int way, int ways)
    {
        IEnumerable<int> all = Enumerable.Range(1, length - 1);
        if (!Sweep.IsFull)
        {
            var random = new Random(length + way);
            return Enumerable.Range(0, SampledSplits).Select(_ => random.Next(1, length));
        }

        bool isMade = !body.Name.Contains('/') || body.Name.StartsWith("after-reports/", StringComparison.Ordinal);
        return isMade ? all : all.Where(at => (at + length) % ways == way);
    }

    private static async Task<Conclusion> PlayAsync(SmallBody body, Rewritten way, params byte[][] pieces)
    {
        var server = new CannedServer
        {
            Status = body.Status,
            ContentType = body.ContentType,
            Pieces = [.. pieces.Select(piece => (ReadOnlyMemory<byte>)piece)],
            Ending = way.Ending,
        };
        return Conclusion.Of(await Played.RunAsync(server, body.Request));
    }
}
