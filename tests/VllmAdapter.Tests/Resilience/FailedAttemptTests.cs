using System.Net;
using System.Text;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Resilience;

/// <summary>What a failed attempt received dies with it: nothing of it is in the answer, and none of its calls is run.</summary>
public sealed class FailedAttemptTests
{
    private const string Whole = """{"index":0,"id":"first","function":{"name":"pay","arguments":"{\"amount\":100}"}}""";
    private const string Half = """{"index":0,"function":{"arguments":"{\"amount\": "}}""";

    private static readonly ChatRequest Pay = ChatRequest.FromPrompt("Pay.") with { Tools = [new ToolDefinition("pay")] };

    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData("a call beside the error", Whole)]
    [InlineData("half a call beside the error", Half)]
    public async Task Calls_beside_an_error_in_the_first_event_are_not_run(string what, string call)
    {
        string bad = $$$"""{"choices":[{"index":0,"delta":{"tool_calls":[{{{call}}}]}}],"error":{"message":"worker died","code":503}}""";
        using var vllm = FakeVllm.InMemory(
            Script.Empty.WithoutRole().Event(bad),
            Script.Calls("pay", "{\"amount\":5}").Finishes("tool_calls").Uses(10, 20).Done(),
            Script.Says("Paid.").Finishes("stop").Uses(40, 3).Done());
        List<int> paid = [];
        Tool pay = Tool.From("pay", "Pays.", (int amount) =>
        {
            paid.Add(amount);
            return "ok";
        });

        ToolLoopResult result = await new ToolLoop(AdapterOf(vllm), [pay]).CompleteAsync(ChatRequest.FromPrompt("Pay."));

        paid.Should().Equal([5], what);
        result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        vllm.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task Halves_of_two_attempts_are_never_put_together()
    {
        string bad = $$$"""{"choices":[{"index":0,"delta":{"tool_calls":[{{{Half}}}]}}],"error":{"message":"worker died","code":503}}""";
        using var vllm = FakeVllm.InMemory(
            Script.Empty.WithoutRole().Event(bad),
            Script.CallDelta(0, id: "second", name: "pay", arguments: "5}").Finishes("tool_calls").Uses(10, 20).Done());

        ChatAnswer answer = await AdapterOf(vllm).CompleteChatAsync(Pay);

        answer.ToolCalls.Should().BeEmpty();
        answer.Outcome.WithheldToolCalls.Should().ContainSingle().Which.RawArguments.Should().Be("5}");
    }

    /// <summary>Text was handed out, and cannot be taken back: the attempt has begun.</summary>
    [Fact]
    public async Task Text_beside_an_error_in_the_first_event_is_handed_out_and_nothing_is_asked_again()
    {
        using var vllm = FakeVllm.InMemory(Script.Empty.WithoutRole().Event(
            """{"choices":[{"index":0,"delta":{"content":"Hel"}}],"error":{"message":"worker died","code":503}}"""));

        ChatAnswer answer = await AdapterOf(vllm).CompleteChatAsync(Pay with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        (answer.Text, answer.Outcome.Verdict, vllm.Requests.Count).Should().Be(("Hel", StreamVerdict.ServerError, 1));
    }

    /// <summary>The time limit of a pipeline passes in the very read that brings the first event.</summary>
    [Fact]
    public async Task An_attempt_that_a_time_limit_ended_after_its_first_event_leaves_nothing_behind()
    {
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder { TimeProvider = _clock }
            .AddRetry(new RetryStrategyOptions { ShouldHandle = new PredicateBuilder().Handle<TimeoutRejectedException>(), Delay = TimeSpan.Zero })
            .AddTimeout(TimeSpan.FromSeconds(10))
            .Build();
        const string hello = """data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}""" + "\n\n";
        const string end = """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n";
        int requests = 0;
        var handler = new Answering(() => new StreamContent(++requests == 1
            ? new ActingBody(Encoding.UTF8.GetBytes(hello + end), () => _clock.Advance(TimeSpan.FromSeconds(10)))
            : new CannedBody([Encoding.UTF8.GetBytes(hello + end)], BodyEnding.Clean)));
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://vllm.test"), Timeout = Timeout.InfiniteTimeSpan };
        var adapter = new VllmInferenceAdapter(client, new VllmAdapterOptions { ResiliencePipeline = pipeline }, _clock);

        StringBuilder seen = new();
        ChatStream stream = adapter.StreamChatAsync(Pay);
        await foreach (ChatChunk chunk in stream)
            seen.Append(chunk.Text);

        (seen.ToString(), stream.Answer.Text).Should().Be(("Hello", "Hello"));
        requests.Should().Be(2);
    }

    private static VllmInferenceAdapter AdapterOf(FakeVllm vllm) => new(
        vllm.CreateHttpClient(), new VllmAdapterOptions { Resilience = { BaseDelay = TimeSpan.FromMilliseconds(1) } });

    private sealed class Answering(Func<HttpContent> content) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpContent body = content();
            body.Headers.ContentType = new("text/event-stream");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = body, RequestMessage = request });
        }
    }

    private sealed class ActingBody(byte[] bytes, Action onFirstRead) : ForwardStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_at == 0)
                onFirstRead();

            int count = Math.Min(buffer.Length, bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return new ValueTask<int>(count);
        }
    }
}
