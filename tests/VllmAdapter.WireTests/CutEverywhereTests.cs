using System.Text;
using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>
/// One reply cut at every byte, headers included, by a reset or in order, in each of three framings. By default every 13th place;
/// with the environment variable VLLMADAPTER_FULL_SWEEP=1 all of them.
/// </summary>
[Trait("Sweep", "full")]
public sealed class CutEverywhereTests
{
    private static readonly int Step = Sweep.Step(13);

    private static readonly string[] Answer = [Says("Hel"), Says("lo"), Finishes("stop"), Usage, Done];
    private static readonly string[] Call = [CallStarts, CallEnds, Finishes("tool_calls"), Usage, Done];

    [Theory]
    [InlineData(Framing.Chunks, true)]
    [InlineData(Framing.Chunks, false)]
    [InlineData(Framing.Length, true)]
    [InlineData(Framing.Length, false)]
    [InlineData(Framing.Close, true)]
    [InlineData(Framing.Close, false)]
    public async Task A_cut_answer_keeps_what_came_and_is_complete_only_after_its_reason(Framing framing, bool byReset)
    {
        Framed framed = Frame(framing, Answer);
        await foreach ((int at, Played played) in CutsAsync(framed, byReset))
        {
            int came = framed.EventsIn(at);
            string text = came >= 2 ? "Hello" : came == 1 ? "Hel" : "";
            played.Completion!.Text.Should().Be(text, $"{framing} {at}");

            // Also where closing is the end of the body: neither a reason nor the sentinel came.
            played.Outcome.Verdict.Should().Be(
                came >= 3 ? StreamVerdict.Completed : StreamVerdict.Interrupted, $"{framing} {at}: {played.Outcome.Explain()}");
        }
    }

    [Theory]
    [InlineData(Framing.Chunks, true)]
    [InlineData(Framing.Chunks, false)]
    [InlineData(Framing.Length, false)]
    [InlineData(Framing.Close, false)]
    public async Task A_cut_call_is_ready_only_after_its_usage_or_the_sentinel(Framing framing, bool byReset)
    {
        Framed framed = Frame(framing, Call);
        await foreach ((int at, Played played) in CutsAsync(framed, byReset))
        {
            int came = framed.EventsIn(at);
            played.Outcome.ToolCalls.Should().HaveCount(came >= 4 ? 1 : 0, $"{framing} {at}: {played.Outcome.Explain()}");
            played.Outcome.WithheldToolCalls.Should().HaveCount(came is >= 1 and < 4 ? 1 : 0, $"{framing} {at}");
        }
    }

    /// <summary>Every cut after the headers; one before them is no stream, which is seen to here.</summary>
    private static async IAsyncEnumerable<(int At, Played Played)> CutsAsync(Framed framed, bool byReset)
    {
        for (int at = 0; at <= framed.Bytes.Length; at += Step)
        {
            Played played = await PlayAsync(framed.Bytes, at, byReset);
            if (at < framed.HeadLength)
            {
                played.Failure.Should().BeOfType<VllmRequestException>($"{at}").Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
                continue;
            }

            played.Completion.Should().NotBeNull($"{at}: {played.Failure}");
            yield return (at, played);
        }
    }

    private static async Task<Played> PlayAsync(string bytes, int at, bool byReset)
    {
        await using var server = RawServer.Start(async connection =>
        {
            await connection.SendAsync(bytes[..at]);
            if (byReset)
                connection.Reset();
            else
                connection.Close();
        });

        return await Played.RunAsync(server);
    }

    private static Framed Frame(Framing framing, string[] events)
    {
        string head = framing switch
        {
            Framing.Chunks => Chunked,
            Framing.Length => WithLength(events.Sum(one => one.Length)),
            _ => "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
        };

        // An event counts from the moment at which its text is whole, before its blank line.
        var bytes = new StringBuilder(head);
        List<(int Start, int Whole)> places = [];
        foreach (string one in events)
        {
            string before = framing == Framing.Chunks ? $"{one.Length:x}\r\n" : "";
            int start = bytes.Append(before).Length;
            bytes.Append(one);
            places.Add((start, start + one.Length - 2));
            if (framing == Framing.Chunks)
                bytes.Append("\r\n");
        }

        return new Framed(bytes.Append(framing == Framing.Chunks ? LastChunk : "").ToString(), head.Length, places);
    }

    public enum Framing
    {
        Chunks = 1,
        Length,
        Close,
    }

    private sealed record Framed(string Bytes, int HeadLength, IReadOnlyList<(int Start, int Whole)> Places)
    {
        public int EventsIn(int at) => Places.Count(place => place.Whole <= at);
    }
}
