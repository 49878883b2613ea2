using System.Globalization;
using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>
/// Many streams at once over real sockets with retries on, and a server that fails in every way before and during them: what is handed out
/// is a beginning of the answer, nothing of it comes twice, and every request that was sent is accounted for.
/// By default 300, with the environment variable VLLMADAPTER_FULL_SWEEP=1 1,000.
/// </summary>
[Trait("Sweep", "full")]
public sealed class ChaosSoakTests
{
    private static readonly int Streams = Sweep.IsFull ? 1_000 : 300;

    private static readonly string[] Words = ["one", " two", " three", " four", " five"];

    [Fact]
    public async Task Nothing_is_ever_handed_out_twice()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions(), request => FateOf(request));
        var adapter = new VllmInferenceAdapter(vllm.Endpoint, new VllmAdapterOptions
        {
            OnIncompleteStream = IncompleteStreamBehavior.Report,
            Resilience = { MaxAttempts = 4, BaseDelay = TimeSpan.Zero },
        });

        Ended[] all = await Task.WhenAll(Enumerable.Range(0, Streams).Select(index => ReadAsync(adapter, index))).WaitAsync(2 * RawServer.Guard);

        Dictionary<int, int> sent = vllm.Requests.CountBy(IndexOf).ToDictionary();
        foreach (Ended one in all)
        {
            string.Concat(Words).Should().StartWith(one.Text, one.How);
            one.Attempts.Should().Be(sent[one.Index], one.How);
            one.Outcomes.Should().Be(one.Verdict is null ? 0 : 1, one.How);
            if (one.Verdict == StreamVerdict.Completed)
                one.Text.Should().Be(string.Concat(Words));
        }

        await vllm.WhenIdleAsync().WaitAsync(RawServer.Guard);
        vllm.Running.Should().Be(0);
        all.Select(one => one.Verdict).Should().Contain([StreamVerdict.Completed, StreamVerdict.Interrupted, StreamVerdict.ServerError, null]);
        all.Should().Contain(one => one.Attempts > 1 && one.Verdict == StreamVerdict.Completed, "retries did help");
    }

    private static async Task<Ended> ReadAsync(VllmInferenceAdapter adapter, int index)
    {
        var named = new RequestHeaders { RequestId = $"{index}" };
        ChatStream stream = adapter.StreamChatAsync(ChatRequest.FromPrompt("Count.") with { Headers = named });
        string text = "";
        int outcomes = 0;
        try
        {
            await foreach (ChatChunk chunk in stream)
            {
                text += chunk.Text;
                outcomes += chunk.Outcome is null ? 0 : 1;
            }

            return new Ended(index, text, outcomes, stream.Outcome.Attempts, stream.Outcome.Verdict, stream.Outcome.Explain());
        }
        catch (VllmRequestException refused)
        {
            return new Ended(index, text, outcomes, refused.Attempts, Verdict: null, refused.Message);
        }
    }

    private static int IndexOf(ReceivedRequest request) => NumbersOf(request)[0];

    // "7" and, when it is sent again, "7-2".
    private static int[] NumbersOf(ReceivedRequest request) =>
        [.. request.Headers["X-Request-Id"].Split('-').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

    // By dice, but the same in every run.
    private static ScriptedReply FateOf(ReceivedRequest request)
    {
        int[] numbers = NumbersOf(request);
        var dice = new Random((numbers[0] * 10) + numbers.ElementAtOrDefault(1));
        return dice.Next(8) switch
        {
            0 => Script.Replies(503),
            1 => Script.Replies(429).RetryAfter(TimeSpan.Zero),
            2 => Script.Resets().BeforeHeaders(),
            3 => Script.Empty.Cuts(),
            4 => Script.Empty.Sends("data: {\"cho").Resets(),
            5 => Script.Says(Words[..dice.Next(Words.Length + 1)]).Resets(),
            6 => Script.Says(Words[..(1 + dice.Next(Words.Length))]).Fails().Done(),
            _ => Script.Says(Words).Finishes("stop").Done(),
        };
    }

    private sealed record Ended(int Index, string Text, int Outcomes, int Attempts, StreamVerdict? Verdict, string How);
}
