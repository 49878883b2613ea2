using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>A budget beneath the middleware that invokes functions.</summary>
public sealed class TokenBudgetTests
{
    private static ScriptedReply Calls(int prompt) => Script.Calls("get_random_number", "{}").Finishes("tool_calls").Uses(prompt, 10).Done();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_agent_stops_before_a_turn_that_cannot_fit_and_says_so(bool streaming)
    {
        using var play = new BridgePlay(Calls(20), Calls(35), Answer);
        var budget = new TokenBudget(100);
        using var loop = new Invoking(play.Chat.UseTokenBudget(budget));

        ChatResponse response = await loop.RunAsync("Numbers, please.", WithTools, streaming);

        play.Bodies.Should().HaveCount(2, "75 are spent, and the next prompt has at least the 45 tokens of the last turn");
        loop.Ran.Should().HaveCount(2);
        response.FinishReason.Should().Be(ChatFinishReason.Length);
        ErrorContent said = response.Messages[^1].Contents.OfType<ErrorContent>().Single();
        said.ErrorCode.Should().Be(VllmChatClientExtensions.TokenBudgetErrorCode);
        said.Message.Should().Be(
            "The request was not sent. The next prompt does not fit: it needs at least 45 tokens and its answer at least 1, but 25 of 100 are left. "
            + "Raise the limits of the TokenBudget, or start another run.");
        StreamOutcome outcome = response.GetStreamOutcome()!;
        (outcome.Verdict, outcome.Limit).Should().Be((StreamVerdict.StoppedByPolicy, LengthLimit.TokenBudget));
        budget.Spent.Should().Be(TokenCount.Exactly(75));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_spent_is_spent(bool streaming)
    {
        using var play = new BridgePlay(Answer);
        var budget = new TokenBudget(33);
        IChatClient chat = play.Chat.UseTokenBudget(budget);

        (await AskAsync(chat, streaming)).FinishReason.Should().Be(ChatFinishReason.Stop);
        ChatResponse second = await AskAsync(chat, streaming);

        second.Messages.Single().Contents.OfType<ErrorContent>().Single().Message.Should().Contain("The budget is exhausted: 33 of 33 tokens spent.");
        second.Text.Should().BeEmpty();
        play.Bodies.Should().ContainSingle();
    }

    [Theory]
    [InlineData(null, 500)]
    [InlineData(600, 500)]
    [InlineData(40, 40)]
    public async Task A_turn_is_asked_for_no_more_than_is_left(int? asked, int sent)
    {
        using var play = new BridgePlay(Answer);
        var options = new ChatOptions { MaxOutputTokens = asked };

        await play.Chat.UseTokenBudget(new TokenBudget(500)).GetResponseAsync("Hello.", options);

        play.Bodies[0]["max_tokens"]!.GetValue<int>().Should().Be(sent);
        options.MaxOutputTokens.Should().Be(asked, "the caller's options are the caller's");
    }

    // vLLM refused max tokens that do not fit beside the prompt until 0.32: the window is the tighter limit then.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_of_what_the_budget_leaves_is_asked_again_without_it(bool streaming)
    {
        using var play = new BridgePlay(Answer);

        ChatResponse response = await AskAsync(play.Chat.UseTokenBudget(new TokenBudget(50_000)), streaming, new ChatOptions());

        response.Text.Should().Be("It is 4.");
        play.Bodies.Select(body => body.ContainsKey("max_tokens")).Should().Equal(true, false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_costs_nothing_and_a_broken_turn_what_it_was(bool streaming)
    {
        using var refused = new BridgePlay(Script.Refuses(400, "n must be 1."));
        using var broken = new BridgePlay(Script.Says("Hel").Cuts());
        var (of, ofBroken) = (new TokenBudget(100), new TokenBudget(100));

        await FluentActions.Awaiting(() => AskAsync(refused.Chat.UseTokenBudget(of), streaming)).Should().ThrowAsync<VllmRequestException>();
        await FluentActions.Awaiting(() => AskAsync(broken.Chat.UseTokenBudget(ofBroken), streaming)).Should().ThrowAsync<IncompleteStreamException>();

        of.Check().Turns.Should().Be(0);
        ofBroken.Check().Should().Match<BudgetReport>(report => report.Turns == 1 && report.State == BudgetState.Indeterminate);
    }

    [Fact]
    public async Task What_was_left_on_the_way_is_counted_as_unknown_and_never_as_nothing()
    {
        using var play = new BridgePlay(Answer);
        var budget = new TokenBudget(100);

        await foreach (ChatResponseUpdate update in play.Chat.UseTokenBudget(budget).GetStreamingResponseAsync("Hello."))
            break;

        budget.Check().Should().Match<BudgetReport>(report => report.Turns == 1 && report.State == BudgetState.Indeterminate);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Turns_that_the_client_corrected_are_paid_for(bool streaming)
    {
        using var play = new BridgePlay(Calling("get_weather", "{}"), Calling("get_weather", """{"city":"Paris"}"""));
        var budget = new TokenBudget(1000);

        await AskAsync(play.Chat.UseTokenBudget(budget), streaming);

        budget.Spent.Should().Be(TokenCount.Exactly(50));
    }

    [Fact]
    public async Task A_prompt_can_be_counted_before_it_is_sent()
    {
        using var play = new BridgePlay(new VllmAdapterOptions { Model = "fake" }, Answer);
        var budget = new TokenBudget(40);
        IChatClient chat = play.Chat.UseTokenBudget(budget, countsPrompts: true);

        ChatResponse response = await chat.GetResponseAsync(string.Join(' ', Enumerable.Repeat("word", 200)));

        play.Generated.Should().Be(0);
        response.Messages.Single().Contents.OfType<ErrorContent>().Single().Message.Should().Contain("The next prompt does not fit");
    }

    // A reducer took the beginning away: nothing is known of the prompt, and nothing may be inferred from the one before.
    [Fact]
    public async Task A_history_that_was_shortened_is_not_taken_for_the_whole()
    {
        using var play = new BridgePlay(Script.Says("a").Finishes("stop").Uses(60, 3).Done(), Script.Says("b").Finishes("stop").Uses(5, 3).Done());
        IChatClient chat = play.Chat.UseTokenBudget(new TokenBudget(100));
        ChatMessage[] messages = [new(ChatRole.User, "Long."), new(ChatRole.Assistant, "Yes."), new(ChatRole.User, "On.")];

        await chat.GetResponseAsync(messages);
        (await chat.GetResponseAsync(messages[2..])).Text.Should().Be("b");
    }

    [Fact]
    public async Task Conversations_have_budgets_of_their_own()
    {
        using var play = new BridgePlay(Answer);
        var budgets = new Dictionary<string, TokenBudget> { ["a"] = new(33), ["b"] = new(1000) };
        IChatClient chat = play.Chat.UseTokenBudget(options => options?.ModelId is { } name && budgets.TryGetValue(name, out TokenBudget? budget) ? budget : null);

        foreach (string name in new[] { "a", "a", "b", "none" })
            await chat.GetResponseAsync("Hello.", new ChatOptions { ModelId = name });

        play.Bodies.Should().HaveCount(3);
        (budgets["a"].Check().Turns, budgets["b"].Check().Turns).Should().Be((1, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_another_client_answers_is_counted_as_unknown(bool streaming)
    {
        using var other = new Elsewhere();
        var budget = new TokenBudget(100);

        (await AskAsync(other.UseTokenBudget(budget), streaming)).Text.Should().Be("Hello.");

        budget.Check().State.Should().Be(BudgetState.Indeterminate);
    }

    [Fact]
    public void What_cannot_be_counted_is_refused_when_it_is_put_together()
    {
        using var other = new Elsewhere();

        FluentActions.Invoking(() => other.UseTokenBudget(new TokenBudget(1), countsPrompts: true)).Should().Throw<ArgumentException>().WithMessage("There is no vLLM behind*");
        FluentActions.Invoking(() => other.UseTokenBudget((TokenBudget)null!)).Should().Throw<ArgumentNullException>();
    }

    private static Task<ChatResponse> AskAsync(IChatClient chat, bool streaming, ChatOptions? options = null) =>
        Invoking.AskAsync(chat, [new ChatMessage(ChatRole.User, "Hello.")], options ?? WithTools, streaming);

    /// <summary>A client of another make.</summary>
    private sealed class Elsewhere : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "Hello.")));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "Hello.")).ToChatResponseUpdates().ToAsyncEnumerable();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
