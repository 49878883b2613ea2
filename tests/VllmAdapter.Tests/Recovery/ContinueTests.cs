using System.Text.Json.Nodes;
using Polly;
using Polly.Retry;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Recovery;

/// <summary>A broken stream that is continued because the request asks for it.</summary>
public sealed class ContinueTests
{
    private static readonly ChatRequest Count = ChatRequest.FromPrompt("Count.") with { Recovery = StreamRecovery.Continue() };
    private static readonly ScriptedReply Begun = Script.Says("one", " two").CountsEveryChunk(10).Resets();
    private static readonly ScriptedReply Rest = Script.Says(" three").Finishes("stop").Uses(13, 2).Done();

    private readonly ManualTimeProvider _clock = new();

    public static TheoryData<string, ScriptedReply> Broken => new()
    {
        { "cut", Script.Says("one", " two").Cuts() },
        { "reset", Script.Says("one", " two").Resets() },
        { "ended in order, neither a reason nor [DONE]: closed by a proxy (caddyserver/caddy#5952)", Script.Says("one", " two") },
        { "the engine died", Script.Says("one", " two").Fails().Done() },
        { "an internal error", Script.Says("one", " two").Fails("Internal server error").Done() },
        { "told to stop (0.20.2)", Script.Says("one", " two").Finishes("abort").Done() },
    };

    public static TheoryData<string, ChatRequest, ScriptedReply> NotContinued => new()
    {
        { "it was not asked for", Count with { Recovery = null }, Script.Says("one").Resets() },
        { "a tool call had begun", Count, Script.Says("one").Calls("f", "{\"a\":").Resets() },
        { "still reasoning", Count, Script.Reasons("hm").Resets() },
        { "nothing but white space after the thoughts, so that it would reason again", Count, Script.Reasons("hm").Says("\n\n").Resets() },
        { "several choices", Count with { ChoiceCount = 2 }, Script.Says("one").Choice(1).Says("uno").Resets() },
        { "an output format", Count with { Output = StructuredOutput.JsonObject }, Script.Says("{").Resets() },
        { "an output format in extra", Count with { Extra = new JsonObject { ["response_format"] = new JsonObject { ["type"] = "json_object" } } }, Script.Says("{").Resets() },
        { "a required call", Count with { Tools = [new ToolDefinition { Name = "f" }], ToolChoice = ToolChoice.Required }, Script.Says("one").Resets() },
        { "max tokens is spent", Count with { MaxTokens = 2 }, Script.Says("one", " two").CountsEveryChunk(10).Resets() },
        { "bytes that cannot be trusted", Count, Script.Says("one").Event("{\"choices\": [").Done() },
        { "an error that blames the request", Count, Script.Says("one").Fails("Grammar error", 400, "BadRequestError").Done() },
        { "cut by max tokens", Count, Script.Says("one").Finishes("length").Done() },
        { "nothing declared but [DONE]", Count, Script.Says("one").Done() },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_stream_that_broke_is_continued_where_it_ended(string how, ScriptedReply broken)
    {
        using var vllm = FakeVllm.InMemory(broken, Rest);

        (string seen, ChatStream stream) = await RunAsync(vllm, Count);

        seen.Should().Be("one two three", how);
        (stream.Outcome.Verdict, stream.Outcome.IsComplete, stream.Outcome.FinishReason).Should().Be((StreamVerdict.Completed, true, FinishReason.Stop));
        stream.Answer.Text.Should().Be(seen);
    }

    [Theory]
    [MemberData(nameof(NotContinued))]
    public async Task What_cannot_be_continued_ends_as_it_does_without(string why, ChatRequest request, ScriptedReply broken)
    {
        using var vllm = FakeVllm.InMemory(broken, Rest);

        (_, ChatStream stream) = await RunAsync(vllm, request with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        vllm.Requests.Should().HaveCount(1, why);
        stream.Outcome.Parts.Should().BeEmpty();
        stream.Outcome.Notes.Should().NotContain(note => note.Kind == OutcomeNoteKind.Recovered);
    }

    [Fact]
    public async Task The_request_says_all_that_a_continuation_needs()
    {
        using var vllm = FakeVllm.InMemory(Begun, Rest);

        await RunAsync(vllm, Count with { MaxTokens = 10, Sampling = new() { MinTokens = 5 }, Prompt = new() { Echo = true } });

        JsonNode body = vllm.Requests[1].Json!;
        body["messages"]!.ToJsonString().Should().Be("""[{"role":"user","content":"Count."},{"role":"assistant","content":"one two"}]""");
        body["continue_final_message"]!.GetValue<bool>().Should().BeTrue();
        body["add_generation_prompt"]!.GetValue<bool>().Should().BeFalse();
        body["echo"].Should().BeNull();
        (body["max_tokens"]!.GetValue<int>(), body["min_tokens"]!.GetValue<int>()).Should().Be((8, 3));
    }

    [Fact]
    public async Task The_outcome_shows_both_parts_and_what_they_cost()
    {
        using var vllm = FakeVllm.InMemory(Begun, Rest);

        (_, ChatStream stream) = await RunAsync(vllm, Count with { MaxTokens = 10 });

        StreamOutcome outcome = stream.Outcome;
        outcome.Parts.Select(part => (part.Verdict, part.Usage!.CompletionTokens)).Should()
            .Equal((StreamVerdict.Interrupted, 2), (StreamVerdict.Completed, 2));
        (outcome.Usage!.PromptTokens, outcome.Usage.CompletionTokens, outcome.Attempts).Should().Be((23, 4, 2));
        outcome.Parts[0].Evidence.BodyEnd.Should().Be(BodyEnd.Cut);
        outcome.Explain().Should().Be(
            "Completed: the server declared stop; 4 tokens used by 2 requests. "
            + "The answer was put together from 2 requests, the earlier ending as Interrupted after 2 tokens.");
        outcome.ToJson().Should().Contain("\"parts\"").And.NotContain("three");
    }

    [Fact]
    public async Task A_budget_counts_both_parts()
    {
        using var vllm = FakeVllm.InMemory(Begun, Rest);
        var budget = new TokenBudget(new BudgetLimits { Completion = 100 });

        (_, ChatStream stream) = await RunAsync(vllm, Count with { MaxTokens = 10 });
        budget.Record(stream.Outcome);

        // The first part surely cost its 2 tokens and at most its max tokens; the second exactly 2.
        (budget.Spent.Min, budget.Spent.Max).Should().Be((10 + 2 + 13 + 2, 10 + 10 + 13 + 2));
    }

    [Fact]
    public async Task Tokens_that_were_not_counted_are_not_made_up()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("one", " two").Resets(), Rest);

        (_, ChatStream stream) = await RunAsync(vllm, Count with { MaxTokens = 10 });

        stream.Outcome.Usage.Should().BeNull();
        stream.Outcome.Notes.Select(note => note.Kind).Should().Contain([OutcomeNoteKind.Recovered, OutcomeNoteKind.UsageMissing]);
        vllm.Requests[1].Json!["max_tokens"]!.GetValue<int>().Should().Be(8);
        stream.Outcome.Explain().Should().Contain("at least that many were taken off max tokens");
    }

    [Fact]
    public async Task A_sum_that_no_number_can_hold_is_no_sum()
    {
        using var vllm = FakeVllm.InMemory(
            Script.Says("one", " two").Uses(900_000_000, 900_000_000).Resets(), Script.Says(" three").Finishes("stop").Uses(900_000_000, 900_000_000).Done());

        (_, ChatStream stream) = await RunAsync(vllm, Count);

        stream.Outcome.Usage.Should().BeNull();
        stream.Outcome.Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.UsageMissing && note.Text.Contains("more tokens together", StringComparison.Ordinal));
        stream.Outcome.Parts.Should().OnlyContain(part => part.Usage != null);
    }

    [Fact]
    public async Task A_count_beyond_max_tokens_takes_nothing_off_it_but_what_surely_came()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("one", " two").Uses(5, 19_503).Resets(), Rest);

        await RunAsync(vllm, Count with { MaxTokens = 200 });

        vllm.Requests[1].Json!["max_tokens"]!.GetValue<int>().Should().BeInRange(196, 199);
    }

    [Fact]
    public async Task Nothing_received_is_asked_for_from_the_start()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("").Resets(), Script.Says("one").Finishes("stop").Done());

        (string seen, _) = await RunAsync(vllm, Count);

        seen.Should().Be("one");
        vllm.Requests[1].Body.Should().Be(vllm.Requests[0].Body);
    }

    [Fact]
    public async Task A_silent_stream_is_continued_but_a_deadline_is_one()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = _clock }, Script.Says("one").GoesSilent(), Script.Says(" two").GoesSilent());
        var limits = new VllmAdapterOptions { TimeLimits = { BetweenChunks = TimeSpan.FromSeconds(10), Total = TimeSpan.FromSeconds(15) } };
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), limits, _clock);

        Task<ChatAnswer> asking = adapter.CompleteChatAsync(Count with { Recovery = StreamRecovery.Continue(5), OnIncompleteStream = IncompleteStreamBehavior.Report });
        foreach (TimeSpan wait in new[] { TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5) })
        {
            await _clock.WhenTimerArmedAsync(wait).WaitAsync(TimeSpan.FromSeconds(30));
            _clock.Advance(wait);
        }

        StreamOutcome outcome = (await asking).Outcome;
        outcome.Parts.Select(part => part.TerminatedBy).Should().Equal(TerminationCause.IdleTimeout, TerminationCause.Deadline);
        outcome.Verdict.Should().Be(StreamVerdict.Stalled);
        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task It_is_continued_as_often_as_was_asked_and_no_more()
    {
        ScriptedReply piece = Script.Says(" more").Resets();
        using var vllm = FakeVllm.InMemory(piece);

        (string seen, ChatStream stream) = await RunAsync(
            vllm, Count with { Recovery = StreamRecovery.Continue(3), OnIncompleteStream = IncompleteStreamBehavior.Report });

        seen.Should().Be(" more more more more");
        (stream.Outcome.Verdict, stream.Outcome.Parts.Count, stream.Outcome.Attempts).Should().Be((StreamVerdict.Interrupted, 4, 4));
        LastContent(vllm).Should().Be(" more more more");
    }

    [Fact]
    public async Task A_continuation_that_is_refused_leaves_what_there_was()
    {
        using var vllm = FakeVllm.InMemory(Begun, Script.Refuses(400, "Cannot set both."));
        Func<Task> asking = () => RunAsync(vllm, Count);

        IncompleteStreamException incomplete = (await asking.Should().ThrowAsync<IncompleteStreamException>()).Which;

        incomplete.Received.Text.Should().Be("one two");
        (incomplete.Outcome.Verdict, incomplete.Outcome.Attempts, incomplete.Outcome.Parts.Count).Should().Be((StreamVerdict.Interrupted, 2, 0));
        incomplete.Message.Should().Contain("Asking again failed: The server refused the request (the server answered 400): Cannot set both.");
    }

    [Fact]
    public async Task A_refused_first_request_is_refused()
    {
        using var vllm = FakeVllm.InMemory(Script.Refuses(400, "no"));
        Func<Task> asking = () => RunAsync(vllm, Count);

        await asking.Should().ThrowAsync<VllmRequestException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_id_of_the_callers_is_never_sent_twice(bool refusedFirst)
    {
        ScriptedReply refusal = Script.Replies(503);
        using var vllm = refusedFirst ? FakeVllm.InMemory(Begun, refusal, Rest) : FakeVllm.InMemory(Begun, Rest);

        await RunAsync(vllm, Count with { Headers = new() { RequestId = "mine" } });

        vllm.Requests.Select(request => request.Headers["X-Request-Id"])
            .Should().Equal(refusedFirst ? ["mine", "mine-part2", "mine-part2-2"] : ["mine", "mine-part2"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_stays_tied_to_the_callers_token(bool refusedFirst)
    {
        ScriptedReply refusal = Script.Refuses(400, "No.");
        using var vllm = FakeVllm.InMemory(refusedFirst ? [refusal] : [Begun, refusal]);
        using var caller = new CancellationTokenSource();
        List<CancellationToken> tied = [];
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.ResiliencePipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = attempt =>
                {
                    tied.Add(attempt.Context.CancellationToken);
                    return PredicateResult.False();
                },
            }).Build());

        await FluentActions.Awaiting(() => adapter.CompleteChatAsync(Count, caller.Token)).Should().ThrowAsync<Exception>();
        await caller.CancelAsync();

        tied.Should().HaveCount(refusedFirst ? 1 : 2).And.NotContain(token => token.IsCancellationRequested);
    }

    [Fact]
    public async Task Leaving_and_canceling_keep_what_was_received()
    {
        using var vllm = FakeVllm.InMemory(Begun, Rest);
        using var canceled = new CancellationTokenSource();
        ChatStream left = AdapterOf(vllm).StreamChatAsync(Count);
        await foreach (ChatChunk chunk in left)
        {
            if (chunk.Text == " three")
                break;
        }

        using var again = FakeVllm.InMemory(Begun, Rest);
        ChatStream stopped = AdapterOf(again).StreamChatAsync(Count, canceled.Token);
        Func<Task> canceling = async () =>
        {
            await foreach (ChatChunk chunk in stopped)
            {
                if (chunk.Text == " three")
                    await canceled.CancelAsync();
            }
        };

        (await canceling.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(canceled.Token);
        (left.Outcome.Verdict, left.Answer.Text, left.Outcome.Parts.Count).Should().Be((StreamVerdict.Abandoned, "one two three", 2));
        (stopped.Outcome.Verdict, stopped.Answer.Text).Should().Be((StreamVerdict.Canceled, "one two three"));
    }

    /// <summary>Templates that trim what is continued and templates that keep it; the answer is cut after every character.</summary>
    public static TheoryData<bool, int> Cuts
    {
        get
        {
            var cuts = new TheoryData<bool, int>();
            for (int at = 0; at <= Long.Length; at++)
            {
                cuts.Add(true, at);
                cuts.Add(false, at);
            }

            return cuts;
        }
    }

    private const string Long = "One  two\n\n three\u00a0 🦙\n";

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task No_character_is_doubled_or_lost_at_the_seam(bool trims, int at)
    {
        // Not within the two halves of one character: those never arrive apart.
        if (at < Long.Length && char.IsLowSurrogate(Long[at]))
            return;

        using var vllm = FakeVllm.InMemory(new FakeVllmOptions(), received =>
        {
            string content = received.Json!["messages"]!.AsArray()[^1]!["content"]!.GetValue<string>();
            if (content == "Count.")
                return Script.Says(Pieces(Long[..at])).Resets();

            string prompt = trims ? content.Trim() : content;
            Long.Should().StartWith(prompt);
            return Script.Says(Pieces(Long[prompt.Length..])).Finishes("stop").Done();
        });
        if (Long[..at].Trim().Length == 0)
            return;

        (string seen, ChatStream stream) = await RunAsync(vllm, Count);

        seen.Should().Be(Long);
        stream.Answer.Text.Should().Be(Long);
    }

    [Fact]
    public async Task White_space_that_does_not_come_again_stays_as_it_was()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("one ", " \n").Resets(), Script.Says(" two").Resets(), Script.Says(" three").Finishes("stop").Done());

        (string seen, ChatStream stream) = await RunAsync(vllm, Count with { Recovery = StreamRecovery.Continue(2) });

        seen.Should().Be("one  \ntwo three");
        stream.Answer.Text.Should().Be(seen);
        LastContent(vllm).Should().Be("one  \ntwo");
    }

    [Fact]
    public async Task By_hand_it_is_the_same()
    {
        using var vllm = FakeVllm.InMemory(Begun, Rest, Begun);
        ChatRequest request = ChatRequest.FromPrompt("Count.") with { MaxTokens = 10, OnIncompleteStream = IncompleteStreamBehavior.Report };
        VllmInferenceAdapter adapter = AdapterOf(vllm);
        ChatAnswer cut = await adapter.CompleteChatAsync(request);

        ChatRequest byOutcome = request.Continuing(cut.Outcome);
        ChatRequest byCompletion = request.Continuing(new ChatAnswer { Outcome = cut.Outcome with { Received = [] }, Choices = cut.Choices });
        ChatAnswer rest = await adapter.CompleteChatAsync(byOutcome);

        (cut.Text + rest.Text).Should().Be("one two three");
        byCompletion.Messages.Should().Equal(byOutcome.Messages);
        (byOutcome.MaxTokens, byOutcome.Prompt!.ContinueFinalMessage, byOutcome.Prompt.AddGenerationPrompt).Should().Be((8, true, false));
    }

    [Fact]
    public void A_message_that_was_continued_grows()
    {
        ChatRequest begun = Count with
        {
            Messages = [VllmMessage.User("Count."), VllmMessage.Assistant("zero")],
            Prompt = new() { ContinueFinalMessage = true },
        };
        StreamOutcome cut = new() { Received = [new ChatChoice { Text = " one" }] };

        begun.Continuing(cut).Messages.Should().Equal(VllmMessage.User("Count."), VllmMessage.Assistant("zero one"));
    }

    [Fact]
    public void Reasoning_that_is_over_goes_along()
    {
        StreamOutcome cut = new() { Received = [new ChatChoice { Text = "one", Reasoning = "hm" }] };

        Count.Continuing(cut).Messages[^1].Should().Be(new AssistantMessage { Text = "one", Reasoning = "hm" });
    }

    [Fact]
    public void What_cannot_be_continued_by_hand_says_why()
    {
        StreamOutcome reasoning = new() { Received = [new ChatChoice { Reasoning = "hm" }] };
        Action continuing = () => Count.Continuing(reasoning);

        continuing.Should().Throw<ArgumentException>().WithMessage("The answer cannot be continued: its reasoning is not over.*");
    }

    [Fact]
    public void A_cap_that_was_raised_leaves_room_again()
    {
        StreamOutcome cut = new()
        {
            Verdict = StreamVerdict.LengthLimited,
            Usage = new TokenUsage { CompletionTokens = 10 },
            Received = [new ChatChoice { Text = "one" }],
        };
        ChatRequest request = Count with { MaxTokens = 10 };
        Action continuing = () => request.Continuing(cut);

        continuing.Should().Throw<ArgumentException>().WithMessage("*its max tokens are spent*");
        (request with { MaxTokens = 25 }).Continuing(cut).MaxTokens.Should().Be(15);
    }

    [Fact]
    public void A_cap_in_extra_is_lowered_too()
    {
        StreamOutcome cut = new() { Usage = new TokenUsage { CompletionTokens = 10 }, Received = [new ChatChoice { Text = "one" }] };
        ChatRequest request = Count with { Extra = new JsonObject { ["max_completion_tokens"] = 25, ["seed"] = 1 } };

        ChatRequest continued = request.Continuing(cut);

        (continued.MaxTokens, continued.Extra!.ToJsonString()).Should().Be((15, """{"seed":1}"""));
        request.Extra.Should().HaveCount(2);
    }

    [Fact]
    public void It_is_tried_at_least_once() =>
        FluentActions.Invoking(() => StreamRecovery.Continue(0)).Should().Throw<ArgumentOutOfRangeException>();

    private static string[] Pieces(string text) =>
        [.. Elements(System.Globalization.StringInfo.GetTextElementEnumerator(text))];

    private static IEnumerable<string> Elements(System.Globalization.TextElementEnumerator all)
    {
        while (all.MoveNext())
            yield return all.GetTextElement();
    }

    private static string LastContent(FakeVllm vllm) => vllm.Requests[^1].Json!["messages"]!.AsArray()[^1]!["content"]!.GetValue<string>();

    private static async Task<(string Seen, ChatStream Stream)> RunAsync(FakeVllm vllm, ChatRequest request)
    {
        ChatStream stream = AdapterOf(vllm).StreamChatAsync(request);
        string seen = "";
        int outcomes = 0;
        await foreach (ChatChunk chunk in stream)
        {
            seen += chunk.Text;
            outcomes += chunk.Outcome is null ? 0 : 1;
        }

        outcomes.Should().Be(1);
        return (seen, stream);
    }

    private static VllmInferenceAdapter AdapterOf(FakeVllm vllm) =>
        new(vllm.CreateHttpClient(), new VllmAdapterOptions { Resilience = { BaseDelay = TimeSpan.Zero } });
}
