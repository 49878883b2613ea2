using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Resilience;

/// <summary>Whatever goes wrong before and during a stream: what was handed out is a beginning of the answer, and nothing of it comes twice.</summary>
public sealed class ChaosTests
{
    private static readonly string[] Words = ["one", " two", " three", " four", " five"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_is_ever_handed_out_twice(int seed)
    {
        var dice = new Random(seed);
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions(), _ => Any(dice));
        var options = new VllmAdapterOptions { Resilience = { MaxAttempts = 4, BaseDelay = TimeSpan.Zero } };
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), options);
        string whole = string.Concat(Words);
        for (int i = 0; i < 20; i++)
        {
            ChatStream stream = adapter.StreamChatAsync(ChatRequest.FromPrompt("Count.") with { OnIncompleteStream = IncompleteStreamBehavior.Report });
            string text = "";
            int outcomes = 0;
            int sent = vllm.Requests.Count;
            try
            {
                await foreach (ChatChunk chunk in stream)
                {
                    text += chunk.Text;
                    outcomes += chunk.Outcome is null ? 0 : 1;
                }

                whole.Should().StartWith(text);
                (stream.Outcome.Verdict == StreamVerdict.Completed).Should().Be(text == whole && stream.Outcome.FinishReason is not null);
                stream.Answer.Text.Should().Be(text);
                (outcomes, stream.Outcome.Attempts).Should().Be((1, vllm.Requests.Count - sent));
                stream.Outcome.Evidence.FailedAttempts.Should().HaveCount(stream.Outcome.Attempts - 1);
            }
            catch (VllmRequestException refused)
            {
                (text, outcomes, refused.Attempts).Should().Be(("", 0, vllm.Requests.Count - sent));
            }
        }

        vllm.Running.Should().Be(0);
    }

    private static ScriptedReply Any(Random dice) => dice.Next(10) switch
    {
        0 => Script.Replies(503),
        1 => Script.Replies(429).RetryAfter(TimeSpan.Zero),
        2 => Script.Resets().BeforeHeaders(),
        3 => Script.Empty.Cuts(),
        4 => Script.Empty.Sends("data: {\"cho").Resets(),
        5 => Script.Empty.Fails("EngineCore encountered an issue.", 400).WithoutRole().Done(),
        6 => Script.Refuses(400, "no"),
        7 => Script.Says(Words[..dice.Next(Words.Length + 1)]).Resets(),
        8 => Script.Says(Words[..dice.Next(Words.Length + 1)]).Fails().Done(),
        _ => Script.Says(Words).Finishes("stop").Done(),
    };
}
