using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Replies;

/// <summary>Many requests at once: each gives one result, failures are values, and no more are under way than allowed.</summary>
public sealed class ManyChatsTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Each_request_gives_one_result_and_a_failure_is_a_value()
    {
        using var vllm = FakeVllm.InMemory(request => (string?)request.Json!["messages"]![0]!["content"] switch
        {
            "cut" => Script.Event("""{"choices":[{"index":0,"delta":{"content":"half"}}]}""").Cuts(),
            "refused" => Script.Refuses(400, "No.", "BadRequestError"),
            var text => Script.Model.Says($"You said {text}."),
        });
        string[] prompts = ["one", "cut", "refused", "two"];
        ChatRequest[] requests = [.. prompts.Select(ChatRequest.FromPrompt), ChatRequest.FromPrompt("x") with { ChoiceCount = 0 }];

        List<ChatResult> results = await AllAsync(vllm.CreateAdapter(Once).CompleteManyAsync(requests, maxParallel: 2));

        results.OrderBy(result => result.Index).Select(result => (result.Request, result.Answer?.Text, result.Failure?.GetType())).Should().Equal(
            (requests[0], "You said one.", null),
            (requests[1], "half", typeof(IncompleteStreamException)),
            (requests[2], null, typeof(VllmRequestException)),
            (requests[3], "You said two.", null),
            (requests[4], null, typeof(ArgumentException)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task No_more_are_under_way_than_allowed_and_they_are_taken_as_places_get_free(int most)
    {
        var chat = new HeldChat();
        int taken = 0;
        IAsyncEnumerator<ChatResult> results = chat.CompleteManyAsync(Requests(), most).GetAsyncEnumerator();

        ValueTask<bool> first = results.MoveNextAsync();
        await chat.WhenAskedAsync(most).WaitAsync(Guard);
        (chat.Asked, taken).Should().Be((most, most));
        chat.Release($"{most}");
        (await first.AsTask().WaitAsync(Guard)).Should().BeTrue();

        results.Current.Index.Should().Be(most - 1, "results come in the order of their ends");
        await chat.WhenAskedAsync(most + 1).WaitAsync(Guard);
        await results.DisposeAsync().AsTask().WaitAsync(Guard);
        chat.Canceled.Should().Be(most, "who leaves early hangs up on what is under way");

        IEnumerable<ChatRequest> Requests()
        {
            while (true)
            {
                taken++;
                yield return ChatRequest.FromPrompt($"{taken}");
            }
        }
    }

    [Fact]
    public async Task What_the_requests_throw_comes_after_the_results_before_it()
    {
        using var vllm = FakeVllm.InMemory(Script.Model.Says("Yes."));
        List<ChatResult> results = [];
        Func<Task> asking = async () =>
        {
            await foreach (ChatResult result in vllm.CreateAdapter().CompleteManyAsync(Requests(), maxParallel: 1))
                results.Add(result);
        };

        (await asking.Should().ThrowAsync<FormatException>()).WithMessage("line 2");
        results.Should().ContainSingle();

        static IEnumerable<ChatRequest> Requests()
        {
            yield return ChatRequest.FromPrompt("a");
            throw new FormatException("line 2");
        }
    }

    [Fact]
    public async Task The_token_ends_it()
    {
        var chat = new HeldChat();
        using var cancellation = new CancellationTokenSource();
        Func<Task> asking = () => AllAsync(chat.CompleteManyAsync([ChatRequest.FromPrompt("a")], cancellationToken: cancellation.Token));

        Task ended = asking.Should().ThrowAsync<OperationCanceledException>();
        await chat.WhenAskedAsync(1).WaitAsync(Guard);
        await cancellation.CancelAsync();

        await ended.WaitAsync(Guard);
        chat.Canceled.Should().Be(1);
    }

    [Fact]
    public void None_at_once_is_refused_when_asked() =>
        FluentActions.Invoking(() => new HeldChat().CompleteManyAsync([], maxParallel: 0)).Should().Throw<ArgumentOutOfRangeException>();

    private static void Once(VllmAdapterOptions options) => options.Resilience.MaxAttempts = 1;

    private static async Task<List<ChatResult>> AllAsync(IAsyncEnumerable<ChatResult> results)
    {
        List<ChatResult> all = [];
        await foreach (ChatResult result in results)
            all.Add(result);

        return all;
    }

    /// <summary>Answers when it is told to.</summary>
    private sealed class HeldChat : IVllmChat
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, TaskCompletionSource> _answers = new(StringComparer.Ordinal);
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _canceled;

        public int Asked
        {
            get
            {
                lock (_lock)
                    return _answers.Count;
            }
        }

        public int Canceled => _canceled;

        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async Task<ChatAnswer> CompleteChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
        {
            var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _answers.Add(((UserMessage)request.Messages[0]).Text!, answer);
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            try
            {
                await answer.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _canceled);
                throw;
            }

            return ChatAnswer.Of("Yes.");
        }

        public void Release(string prompt)
        {
            lock (_lock)
                _answers[prompt].SetResult();
        }

        public async Task WhenAskedAsync(int count)
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (_answers.Count >= count)
                        return;

                    changed = _changed.Task;
                }

                await changed;
            }
        }
    }
}
