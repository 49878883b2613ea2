using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Pooling;

/// <summary>Many inputs: in several requests, some of them at once, with one result in the order of the inputs.</summary>
public sealed class PoolingBatchTests : IDisposable
{
    private readonly Server _server = new();
    private readonly VllmInferenceAdapter _adapter;

    public PoolingBatchTests() => _adapter = new VllmInferenceAdapter(
        new HttpClient(_server), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test"), Resilience = { MaxAttempts = 1 } });

    public void Dispose()
    {
        _adapter.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(1, 128, 1)]
    [InlineData(128, 128, 1)]
    [InlineData(129, 128, 2)]
    [InlineData(1000, 128, 8)]
    [InlineData(10, 1, 10)]
    public async Task Inputs_go_in_requests_of_a_size_and_come_back_in_their_order(int inputs, int size, int requests)
    {
        EmbeddingResult result = await _adapter.EmbedAsync(RequestFor(inputs) with { MaxBatchSize = size });

        result.Vectors.Select(vector => vector.Span[0]).Should().Equal(Enumerable.Range(0, inputs).Select(number => (float)number));
        result.Usage!.PromptTokens.Should().Be(3 * inputs);
        _server.Requests.Should().HaveCount(requests);
    }

    [Fact]
    public async Task Long_texts_end_a_request_before_it_is_too_large_for_a_proxy()
    {
        string text = new('a', 200_000);

        await _adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["0" + text, "1" + text, "2" + text, "3" + text, "4"] });

        _server.Requests.Select(request => request.Inputs).Should().Equal(2, 3);
        _server.Requests.Should().AllSatisfy(request => request.Body.Length.Should().BeLessThan(1_000_000));
    }

    [Fact]
    public async Task Texts_and_tokens_go_apart_and_every_conversation_by_itself()
    {
        EmbeddingResult result = await _adapter.EmbedAsync(new EmbeddingRequest
        {
            Inputs =
            [
                "0", "1", PoolingInput.FromTokens(2), PoolingInput.FromTokens(3), PoolingInput.FromMessages(VllmMessage.User("4")),
                PoolingInput.FromMessages(VllmMessage.User("5")), "6",
            ],
        });

        result.Vectors.Select(vector => vector.Span[0]).Should().Equal(0, 1, 2, 3, 4, 5, 6);
        _server.Requests.Select(request => request.Inputs).Order().Should().Equal(1, 1, 1, 2, 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task No_more_requests_are_under_way_than_were_allowed(int most)
    {
        _server.Hold();
        Task<EmbeddingResult> asking = _adapter.EmbedAsync(RequestFor(20) with { MaxBatchSize = 1, MaxParallelRequests = most });
        int allowed = Math.Min(most, 20);
        await _server.UntilUnderWay(allowed);

        _server.UnderWay.Should().Be(allowed);
        _server.Release();
        await asking;

        _server.MostUnderWay.Should().Be(allowed);
    }

    [Fact]
    public async Task Requests_that_come_back_in_another_order_give_the_same_result()
    {
        _server.Hold();
        Task<EmbeddingResult> asking = _adapter.EmbedAsync(RequestFor(4) with { MaxBatchSize = 1, MaxParallelRequests = 4 });
        await _server.UntilUnderWay(4);
        _server.ReleaseBackwards();

        (await asking).Vectors.Select(vector => vector.Span[0]).Should().Equal(0, 1, 2, 3);
    }

    [Fact]
    public async Task One_request_that_fails_is_the_failure_of_the_call_and_cancels_the_others()
    {
        _server.Hold();
        _server.RefuseInput(5);
        Task<EmbeddingResult> asking = _adapter.EmbedAsync(RequestFor(40) with { MaxBatchSize = 2, MaxParallelRequests = 4 });

        // The third of those under way is refused at once; the others wait for ever.
        VllmRequestException told = (await FluentActions.Awaiting(() => asking).Should().ThrowAsync<VllmRequestException>()).Which;

        told.Failure.Should().Be(RequestFailure.ContextWindowExceeded);
        told.Message.Should().EndWith("This was about Inputs[4] to [5].");
        _server.Requests.Count.Should().BeInRange(3, 4, "nothing more is sent once one has failed");
        _server.Cancelled.Should().Be(_server.Requests.Count - 1);
    }

    [Fact]
    public async Task A_failure_of_a_stream_loses_nothing_that_came_before_it()
    {
        _server.RefuseInput(5);
        List<float> got = [];

        Func<Task> reading = async () =>
        {
            await foreach (EmbeddingResult batch in _adapter.StreamEmbeddingsAsync(RequestFor(40) with { MaxBatchSize = 2, MaxParallelRequests = 4 }))
                got.AddRange(batch.Vectors.Select(vector => vector.Span[0]));
        };

        (await reading.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().EndWith("This was about Inputs[4] to [5].");
        got.Should().Equal(0, 1, 2, 3);
    }

    [Fact]
    public async Task Who_leaves_a_stream_early_ends_what_is_under_way()
    {
        _server.HoldAfter(1);
        await foreach (EmbeddingResult batch in _adapter.StreamEmbeddingsAsync(RequestFor(10) with { MaxBatchSize = 1, MaxParallelRequests = 3 }))
        {
            batch.Vectors.Should().HaveCount(1);
            break;
        }

        (_server.UnderWay, _server.Cancelled).Should().Be((0, 2));
        _server.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task The_callers_token_ends_all_and_is_told()
    {
        using var cancel = new CancellationTokenSource();
        _server.Hold();
        Task<EmbeddingResult> asking = _adapter.EmbedAsync(RequestFor(10) with { MaxBatchSize = 1, MaxParallelRequests = 3 }, cancel.Token);
        await _server.UntilUnderWay(3);
        await cancel.CancelAsync();

        (await FluentActions.Awaiting(() => asking).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancel.Token);
        (_server.UnderWay, _server.Requests.Count).Should().Be((0, 3));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_ends_with_the_token_of_whoever_cancelled(bool isCaller)
    {
        using var callers = new CancellationTokenSource();
        using var enumerators = new CancellationTokenSource();
        CancellationTokenSource cancel = isCaller ? callers : enumerators;
        _server.Hold();
        Task<bool> reading = _adapter.StreamEmbeddingsAsync(RequestFor(10) with { MaxBatchSize = 1, MaxParallelRequests = 3 }, callers.Token)
            .GetAsyncEnumerator(enumerators.Token).MoveNextAsync().AsTask();
        await _server.UntilUnderWay(3);
        await cancel.CancelAsync();

        (await FluentActions.Awaiting(() => reading).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancel.Token);
        (_server.UnderWay, _server.Requests.Count).Should().Be((0, 3));
    }

    [Fact]
    public async Task Each_request_has_an_id_of_its_own_under_the_callers()
    {
        await _adapter.EmbedAsync(RequestFor(3) with { MaxBatchSize = 1, Headers = new() { RequestId = "mine" } });

        _server.Requests.Select(request => request.Id).Order(StringComparer.Ordinal).Should().Equal("mine", "mine.2", "mine.3");
    }

    [Fact]
    public async Task Vectors_of_two_requests_have_one_length()
    {
        _server.LengthOf = input => input == 3 ? 2 : 1;

        (await FluentActions.Awaiting(() => _adapter.EmbedAsync(RequestFor(4) with { MaxBatchSize = 2, MaxParallelRequests = 1 })).Should().ThrowAsync<VllmRequestException>())
            .Which.Message.Should().Contain("the embedding of Inputs[3] has 2 numbers, others of this call have 1");
    }

    [Fact]
    public async Task Tokens_that_one_request_did_not_count_make_the_sum_unknown()
    {
        _server.CountsInput = input => input != 3;

        (await _adapter.EmbedAsync(RequestFor(4) with { MaxBatchSize = 1 })).Usage.Should().BeNull();
    }

    private static EmbeddingRequest RequestFor(int inputs) =>
        new() { Inputs = [.. Enumerable.Range(0, inputs).Select(number => PoolingInput.FromText($"{number}"))] };

    /// <summary>Answers each input, a number, by a vector that begins with it; holds answers back until it is told not to.</summary>
    private sealed class Server : HttpMessageHandler
    {
        private readonly ConcurrentQueue<TaskCompletionSource> _held = [];
        private readonly SemaphoreSlim _changed = new(0);
        private volatile int _holdsAfter = int.MaxValue;
        private int _refused = -1;
        private int _underWay;
        private int _cancelled;
        private int _most;

        public ConcurrentQueue<(string Body, int Inputs, string Id)> Requests { get; } = [];

        public Func<int, int> LengthOf { get; set; } = _ => 1;

        public Func<int, bool> CountsInput { get; set; } = _ => true;

        public int UnderWay => Volatile.Read(ref _underWay);

        public int MostUnderWay => Volatile.Read(ref _most);

        public int Cancelled => Volatile.Read(ref _cancelled);

        public void Hold() => _holdsAfter = 0;

        public void HoldAfter(int requests) => _holdsAfter = requests;

        public void RefuseInput(int input) => _refused = input;

        public void Release()
        {
            _holdsAfter = int.MaxValue;
            ReleaseBackwards();
        }

        public void ReleaseBackwards()
        {
            foreach (TaskCompletionSource held in _held.Reverse())
                held.SetResult();
        }

        public async Task UntilUnderWay(int count)
        {
            while (UnderWay < count)
                (await _changed.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue("{0} requests should be under way, not {1}", count, UnderWay);
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string body = await request.Content!.ReadAsStringAsync(CancellationToken.None);
            JsonNode json = JsonNode.Parse(body)!;
            int[] inputs = json["messages"] is { } messages
                ? [NumberOf(messages[0]!["content"]!)]
                : [.. json["input"]!.AsArray().Select(input => NumberOf(input is JsonArray ids ? ids[0]! : input!))];
            int number;
            lock (_held)
            {
                Requests.Enqueue((body, inputs.Length, request.Headers.GetValues("X-Request-Id").Single()));
                number = Requests.Count;
                _most = Math.Max(_most, ++_underWay);
            }

            _changed.Release();
            try
            {
                if (inputs.Contains(_refused))
                    return Refusal(request);
                if (number > _holdsAfter)
                {
                    var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    _held.Enqueue(held);
                    await held.Task.WaitAsync(cancellationToken);
                }

                return Answer(request, inputs);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _cancelled);
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
            }
        }

        private static int NumberOf(JsonNode node) =>
            int.Parse(node.ToString().TrimEnd('a'), System.Globalization.CultureInfo.InvariantCulture);

        private HttpResponseMessage Answer(HttpRequestMessage request, int[] inputs)
        {
            var reply = new JsonObject
            {
                ["data"] = new JsonArray([.. inputs.Select((input, at) => new JsonObject
                {
                    ["index"] = at,
                    ["embedding"] = new JsonArray([.. Enumerable.Repeat(input, LengthOf(input)).Select(number => (JsonNode)number)]),
                })]),
            };
            if (inputs.All(CountsInput))
                reply["usage"] = new JsonObject { ["prompt_tokens"] = 3 * inputs.Length };
            return new HttpResponseMessage { RequestMessage = request, Content = new StringContent(reply.ToJsonString(), Encoding.UTF8, "application/json") };
        }

        private static HttpResponseMessage Refusal(HttpRequestMessage request) => new(HttpStatusCode.BadRequest)
        {
            RequestMessage = request,
            Content = new StringContent(
                """{"error":{"message":"This model's maximum context length is 256 tokens. However, your prompt contains at least 257 input tokens.","type":"BadRequestError","param":"input_tokens","code":400}}"""),
        };
    }
}
