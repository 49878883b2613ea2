using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Completions;

/// <summary>Plain completions: each choice of each prompt is judged for itself, by the same judge, budget and policies as chats.</summary>
public sealed class TextTests
{
    private static readonly TextRequest TwoByTwo = new()
    {
        Prompts = ["Once", "Twice"],
        ChoiceCount = 2,
        MaxTokens = 50,
        OnIncompleteStream = IncompleteStreamBehavior.Report,
    };

    public static TheoryData<string, ScriptedReply, StreamVerdict[]> Ends => new()
    {
        { "all finish", All("stop", "stop", "stop", "stop").Done(), [StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Completed] },
        { "one is cut by length", All("stop", "length", "stop", "stop").Done(), [StreamVerdict.Completed, StreamVerdict.LengthLimited, StreamVerdict.Completed, StreamVerdict.Completed] },
        { "one declares nothing", All("stop", "stop", null, "stop").Done(), [StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Unconfirmed, StreamVerdict.Completed] },
        { "one never comes", All("stop", "stop", "stop").Done(), [StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Interrupted] },
        { "the connection breaks after three", All("stop", "stop", "stop").Choice(3).Says("half").Cuts(), [StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Completed, StreamVerdict.Interrupted] },
        { "an engine dies, and [DONE] follows", All("stop").Fails().Done(), [StreamVerdict.ServerError, StreamVerdict.ServerError, StreamVerdict.ServerError, StreamVerdict.ServerError] },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Each_choice_of_each_prompt_has_a_verdict_of_its_own(string what, ScriptedReply script, StreamVerdict[] verdicts)
    {
        using FakeVllm vllm = FakeVllm.InMemory(script);

        TextAnswer answer = await vllm.CreateAdapter().CompleteTextAsync(TwoByTwo);

        answer.Outcome.Choices.Select(choice => choice.Verdict).Should().Equal(verdicts, what);
        answer.Choices.Should().OnlyContain(choice => choice.Outcome!.Verdict == verdicts[(choice.PromptIndex * 2) + choice.ChoiceIndex]);
        answer.Choices.Should().OnlyContain(choice => choice.Text.Length > 0);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(2)]
    public async Task An_answer_to_a_prompt_that_was_not_asked_takes_the_place_of_none(int index)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("a").Finishes("stop").Choice(index).Says("b").Finishes("stop").Done());

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteTextAsync(TwoByTwo with { ChoiceCount = 1 })).Outcome;

        outcome.Verdict.Should().Be(StreamVerdict.Interrupted, outcome.Explain());
    }

    [Fact]
    public async Task Pieces_that_come_in_turn_go_to_their_prompt_and_choice()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Choice(3).Says("d").Choice(0).Says("a").Choice(2).Says("c").Choice(0).Says("A").Choice(1).Says("b")
            .Finishes("stop").Choice(0).Finishes("stop").Choice(2).Finishes("stop").Choice(3).Finishes("stop").Done());
        TextStream stream = vllm.CreateAdapter().StreamTextAsync(TwoByTwo);
        List<string> pieces = [];

        await foreach (TextChunk chunk in stream)
            pieces.Add(chunk.Outcome is null ? $"{chunk.PromptIndex}.{chunk.ChoiceIndex}{chunk.Text}{chunk.FinishReason}" : "end");

        pieces.Should().Equal("1.1d", "0.0a", "1.0c", "0.0A", "0.1b", "0.1stop", "0.0stop", "1.0stop", "1.1stop", "end");
        stream.Answer.Choices.Select(choice => (choice.PromptIndex, choice.ChoiceIndex, choice.Text)).Should().Equal((0, 0, "aA"), (0, 1, "b"), (1, 0, "c"), (1, 1, "d"));
        stream.Answer.ChoicesOf(1).Select(choice => choice.Text).Should().Equal("c", "d");
        stream.Answer.Text.Should().Be("aA");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_servers_default_of_16_tokens_cuts_and_is_told(bool stream)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says(string.Concat(Enumerable.Repeat(" word", 40))));

        StreamOutcome outcome = (await vllm.CreateAdapter().CompleteTextAsync(TextRequest.FromPrompt("Once") with { Stream = stream })).Outcome;

        (outcome.Verdict, outcome.Limit, outcome.Usage!.CompletionTokens).Should().Be((StreamVerdict.LengthLimited, LengthLimit.MaxTokens, 16));
        outcome.Explain().Should().Contain("16 of 16 tokens used");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_echo_alone_is_the_prompt_whole_though_the_server_says_length(bool stream)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says(" upon a time"));
        TextRequest request = new() { Prompts = ["Once", "Twice"], Echo = true, MaxTokens = 0, Logprobs = new() { TopLogprobs = 1 }, Stream = stream };

        TextAnswer answer = await vllm.CreateAdapter().CompleteTextAsync(request);

        answer.Choices.Select(choice => choice.Text).Should().Equal("Once", "Twice");
        (answer.Outcome.Verdict, answer.Usage!.CompletionTokens).Should().Be((StreamVerdict.Completed, 2), "one token is counted for each");
        answer.Choices[0].Logprobs![0].Logprob.Should().Be(double.NaN, "nothing comes before the first token");
        answer.Outcome.Notes.Should().BeEmpty();
    }

    [Fact]
    public async Task An_echo_that_brings_nothing_is_not_taken_for_the_prompt()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Finishes("length").Uses(1, 1).Done());

        TextAnswer answer = await vllm.CreateAdapter().CompleteTextAsync(new TextRequest { Prompts = ["Once"], Echo = true, MaxTokens = 0 });

        answer.Outcome.Verdict.Should().Be(StreamVerdict.Unconfirmed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_echo_begins_each_choice_and_its_probabilities_those_of_the_text(bool stream)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says(" up", "on"));
        TextRequest request = new() { Prompts = ["Once"], Echo = true, MaxTokens = 9, Logprobs = new() { TopLogprobs = 1 }, Stream = stream };

        TextChoice choice = (await vllm.CreateAdapter().CompleteTextAsync(request)).Choices.Single();

        choice.Text.Should().Be("Once upon");
        string.Concat(choice.Logprobs!.Select(token => token.Token)).Should().Be("Once upon");
        choice.Logprobs!.Skip(1).Should().OnlyContain(token => token.Logprob == 0 && token.Top.Count == 1);
    }

    [Fact]
    public async Task A_text_by_its_tokens_is_written_on_like_any_other()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says(" upon"));
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        IReadOnlyList<int> ids = (await adapter.Server.TokenizeAsync("Once")).Ids;

        TextAnswer answer = await adapter.CompleteTextAsync(new TextRequest { Prompts = [TextPrompt.FromTokens(ids)], Echo = true, MaxTokens = 9 });

        (answer.Text, answer.Usage!.PromptTokens).Should().Be(("Once upon", ids.Count));
    }

    [Fact]
    public async Task A_window_that_cuts_in_silence_is_named_where_it_is_known()
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = 8 }, Script.Model.Says(string.Concat(Enumerable.Repeat(" word", 40))));

        StreamOutcome outcome = (await vllm.CreateAdapter(options => options.ContextWindow = 8).CompleteTextAsync(TextRequest.FromPrompt("Once") with { MaxTokens = 8 })).Outcome;

        (outcome.Verdict, outcome.Limit, outcome.Usage!.TotalTokens).Should().Be((StreamVerdict.LengthLimited, LengthLimit.ContextWindow, 8));
    }

    [Theory]
    [InlineData("0.8.5", 8)]
    [InlineData("0.33.0", 10)]
    public async Task A_budget_takes_a_count_that_may_be_short_for_a_lower_bound(string version, int counted)
    {
        using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.All.Single(profile => profile.Version == version) }, Script.Model.Says(" a", " b", " c", " d"));
        var budget = new TokenBudget(totalTokens: 100);

        BudgetReport spent = budget.Record((await vllm.CreateAdapter().CompleteTextAsync(new TextRequest { Prompts = ["Once", "Twice"], MaxTokens = 9, UsageReporting = UsageReporting.Final })).Outcome);

        (spent.SpentOnCompletion.Min, spent.SpentOnCompletion.IsExact).Should().Be((counted, version != "0.8.5"));
    }

    [Fact]
    public async Task A_caller_who_cancels_keeps_what_came()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("a", "b").GoesSilent());
        using var leaving = new CancellationTokenSource();
        TextStream stream = vllm.CreateAdapter().StreamTextAsync("Once", leaving.Token);
        int read = 0;

        Func<Task> reading = async () =>
        {
            await foreach (TextChunk chunk in stream)
            {
                if (++read == 2)
                    await leaving.CancelAsync();
            }
        };

        (await reading.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(leaving.Token);
        (stream.Answer.Text, stream.Outcome.Verdict).Should().Be(("ab", StreamVerdict.Canceled));
    }

    [Fact]
    public async Task What_was_received_is_in_the_exception()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("half").Cuts());

        var incomplete = await FluentActions.Awaiting(() => vllm.CreateAdapter().CompleteTextAsync("Once")).Should().ThrowAsync<IncompleteStreamException>();

        TextAnswer.Of(incomplete.Which.Received).Text.Should().Be("half");
    }

    [Theory]
    [InlineData("0.8.5")]
    [InlineData("0.11.0")]
    [InlineData("0.20.2")]
    [InlineData("0.33.0")]
    public async Task A_prompt_that_is_too_long_tells_no_wrong_window(string version)
    {
        using FakeVllm vllm = FakeVllm.InMemory(
            new FakeVllmOptions { Profile = VllmProfile.All.Single(profile => profile.Version == version), ContextWindow = 100 }, Script.Model.Says("x"));

        var refused = await FluentActions.Awaiting(() => vllm.CreateAdapter().CompleteTextAsync(TextRequest.FromPrompt(string.Concat(Enumerable.Repeat(" word", 200))) with { MaxTokens = 60 }))
            .Should().ThrowAsync<VllmRequestException>();

        refused.Which.Failure.Should().Be(RequestFailure.ContextWindowExceeded);
        refused.Which.ContextRefusal!.ContextWindow.Should().Match(window => window == null || window == 100);
    }

    [Fact]
    public async Task A_shape_that_was_asked_for_and_not_kept_is_told()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("blue").Finishes("stop").Done());

        TextAnswer answer = await vllm.CreateAdapter().CompleteTextAsync(new TextRequest { Prompts = ["Once"], Output = StructuredOutput.OneOf("red", "green") });

        answer.Outcome.Notes.Should().ContainSingle(note => note.Kind == OutcomeNoteKind.OutputNotAsAsked);
    }

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("text/event-stream", true)]
    [InlineData("application/json", false)]
    [InlineData("text/event-stream", false)]
    public async Task A_whole_reply_is_one_whatever_it_is_called_and_whatever_was_asked_for(string type, bool stream)
    {
        var server = new CannedServer
        {
            ContentType = type,
            Pieces = ["""{"id":"cmpl-1","object":"text_completion","model":"m","choices":[{"index":0,"text":" upon","finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"""u8.ToArray()],
        };

        PlayedText played = await PlayedText.RunAsync(server, TextRequest.FromPrompt("Once") with { Stream = stream });

        (played.Answer!.Text, played.Outcome.Verdict, played.Outcome.Evidence.IsWholeReply).Should().Be((" upon", StreamVerdict.Completed, true));
    }

    public static TheoryData<string, string, RequestFailure> NoAnswers => new()
    {
        { "application/json", """{"choices":[]}""", RequestFailure.UnexpectedContent },
        { "application/json", """{"text":"Please sign in."}""", RequestFailure.UnexpectedContent },
        { "text/html", "<html><title>Sign in</title></html>", RequestFailure.UnexpectedContent },
        { "application/json", """{"error":{"message":"The model does not support Completions API","type":"BadRequestError","param":null,"code":400}}""", RequestFailure.RouteNotFound },
        { "text/event-stream", "data: {\"error\":{\"message\":\"Token id 9 is out of vocabulary\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}\n\ndata: [DONE]\n\n", RequestFailure.BadRequest },
    };

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public async Task What_is_no_answer_is_a_typed_failure(string type, string body, RequestFailure failure)
    {
        var server = new CannedServer { ContentType = type, Pieces = [System.Text.Encoding.UTF8.GetBytes(body)] };

        (await PlayedText.RunAsync(server, TextRequest.FromPrompt("Once"))).Failure.Should().BeOfType<VllmRequestException>().Which.Failure.Should().Be(failure);
    }

    public static TheoryData<string, string, OutcomeNoteKind?, StreamVerdict> Oddities => new()
    {
        { "lists of probabilities that do not fit together", """{"index":0,"text":"a","logprobs":{"tokens":["a","b"],"token_logprobs":[-1]},"finish_reason":"stop"}""", OutcomeNoteKind.OddFields, StreamVerdict.Completed },
        { "a text that is a number", """{"index":0,"text":7,"finish_reason":"stop"}""", OutcomeNoteKind.OddFields, StreamVerdict.Completed },
        { "a null for a text", """{"index":0,"text":null,"finish_reason":"stop"}""", null, StreamVerdict.Completed },
        { "a choice that was not asked for", """{"index":0,"text":"a","finish_reason":"stop"},{"index":200,"text":"b","finish_reason":"stop"},{"index":1,"text":"c","finish_reason":"stop"}""", OutcomeNoteKind.UnexpectedChoices, StreamVerdict.Completed },
    };

    [Theory]
    [MemberData(nameof(Oddities))]
    public async Task What_is_odd_about_a_choice_is_told(string what, string choices, OutcomeNoteKind? note, StreamVerdict verdict)
    {
        PlayedText played = await PlayedText.RunAsync($"data: {{\"choices\":[{choices}]}}\n\ndata: [DONE]\n\n", TextRequest.FromPrompt("Once") with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        (played.Outcome.Verdict, played.Outcome.Notes.Any(one => one.Kind == note)).Should().Be((verdict, note is not null), $"{what}: {played.Outcome.Explain()}");
        played.Answer!.Choices.Should().NotContain(choice => choice.Logprobs != null);
    }

    [Fact]
    public async Task A_text_that_broke_off_is_written_on_behind_what_came()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says(" upon", " a").CountsEveryChunk(1).Cuts(), Script.Says(" time").Finishes("stop").Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        TextRequest request = new() { Prompts = ["Once"], MaxTokens = 9, OnIncompleteStream = IncompleteStreamBehavior.Report };

        TextAnswer half = await adapter.CompleteTextAsync(request);
        TextAnswer rest = await adapter.CompleteTextAsync(request.Continuing(half.Outcome));

        (half.Text + rest.Text).Should().Be(" upon a time");
        (vllm.Requests[1].Json!["prompt"]!.GetValue<string>(), vllm.Requests[1].Json!["max_tokens"]!.GetValue<int>()).Should().Be(("Once upon a", 7));
    }

    public static TheoryData<TextRequest, string> Unfit => new()
    {
        { new() { Prompts = ["a", "b"] }, "several prompts" },
        { new() { Prompts = ["a"], ChoiceCount = 2 }, "several choices" },
        { new() { Prompts = [TextPrompt.FromTokens([100])] }, "given by tokens" },
        { new() { Prompts = ["a"], Echo = true }, "repeats its prompt" },
        { new() { Prompts = ["a"], Output = StructuredOutput.OneOf("x") }, "output format" },
        { new() { Prompts = ["a"], MaxTokens = 1 }, "max tokens are spent" },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task What_cannot_be_written_on_is_refused(TextRequest request, string why)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("x", "y", "z").Finishes("length").Uses(1, 3).Done());
        StreamOutcome cut = (await vllm.CreateAdapter().CompleteTextAsync(request with { OnIncompleteStream = IncompleteStreamBehavior.Report })).Outcome;

        request.Invoking(it => it.Continuing(cut)).Should().Throw<ArgumentException>().WithMessage($"*{why}*");
    }

    [Theory]
    [InlineData("0.8.5", true)]
    [InlineData("0.33.0", false)]
    public async Task A_field_that_the_server_would_ignore_is_refused_where_that_is_wanted(string version, bool refused)
    {
        using FakeVllm vllm = FakeVllm.InMemory(
            new FakeVllmOptions { Profile = VllmProfile.All.Single(profile => profile.Version == version) }, Script.Model.Says("red"));
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.UnknownFields = UnknownFieldBehavior.Refuse);
        TextRequest request = new() { Prompts = ["Once"], Output = StructuredOutput.OneOf("red", "green") };

        Func<Task> asking = () => adapter.CompleteTextAsync(request);

        if (refused)
            (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("structured_outputs");
        else
            await asking.Should().NotThrowAsync();
    }

    private static ScriptedReply All(params string?[] reasons) => reasons
        .Select((reason, index) => (reason, index))
        .Aggregate(Script.Empty, (script, choice) => choice.reason is null
            ? script.Choice(choice.index).Says("text")
            : script.Choice(choice.index).Says("text").Finishes(choice.reason));
}
