namespace VllmAdapter.Testing.Tests.Assertions;

/// <summary>Every assertion holds for what is so, and says what was instead for what is not.</summary>
public sealed class OutcomeAssertionsTests
{
    private static readonly StreamOutcome Outcome = new()
    {
        Verdict = StreamVerdict.LengthLimited,
        Certainty = Certainty.Inferred,
        FinishReason = FinishReason.ToolCalls,
        Limit = LengthLimit.MaxTokens,
        ToolCalls = [new ToolCall { Id = "a", Name = "get_weather", Arguments = """{"city": "Paris", "unit": "C"}""" }],
        WithheldToolCalls = [new WithheldToolCall { Name = "save_plan", Reason = WithheldReason.ChoiceCut }],
        Notes = [new OutcomeNote(OutcomeNoteKind.LateOutput, "Late.")],
        Usage = new TokenUsage { PromptTokens = 20, CompletionTokens = 22 },
        Evidence = new StreamEvidence { Usage = new TokenUsage { PromptTokens = 20, CompletionTokens = 22 }, UsageIsFinal = true },
    };

    private static readonly ChatAnswer Completion = new() { Outcome = Outcome, Choices = [new ChatChoice { Text = "Hello." }] };

    private static readonly StreamOutcome Bare = new() { Verdict = StreamVerdict.Completed, Certainty = Certainty.Declared };

    public static TheoryData<string, Func<OutcomeAssertions, OutcomeAssertions>> WhatIsSo => new()
    {
        { "verdict", must => must.Be(StreamVerdict.LengthLimited) },
        { "length limited", must => must.BeLengthLimited() },
        { "limit", must => must.BeLengthLimited(LengthLimit.MaxTokens) },
        { "certainty", must => must.WithCertainty(Certainty.Inferred) },
        { "finish reason", must => must.WithFinishReason("tool_calls") },
        { "text", must => must.WithText("Hello.") },
        { "ready call, in other words", must => must.WithReadyCall("get_weather", """{"unit":"C","city":"Paris"}""") },
        { "withheld call", must => must.WithWithheldCall("save_plan", WithheldReason.ChoiceCut) },
        { "note", must => must.WithNote(OutcomeNoteKind.LateOutput) },
        { "no note", must => must.WithoutNote(OutcomeNoteKind.OddFields) },
        { "usage", must => must.WithUsage(20, 22) },
        { "budget left", must => must.LeavingBudget(BudgetState.Available, BudgetLimits.OfTotal(100)) },
        { "budget spent", must => must.LeavingBudget(BudgetState.Exhausted, BudgetLimits.OfTotal(42)) },
    };

    [Theory]
    [MemberData(nameof(WhatIsSo))]
    public void What_is_so_passes_and_goes_on(string what, Func<OutcomeAssertions, OutcomeAssertions> assertion) =>
        assertion(Completion.Must()).Should().NotBeNull(what);

    public static TheoryData<Func<OutcomeAssertions, OutcomeAssertions>, string> WhatIsNot => new()
    {
        { must => must.BeCompleted(), "Expected Completed, but it was LengthLimited." },
        { must => must.BeUnconfirmed(), "Expected Unconfirmed, but it was LengthLimited." },
        { must => must.BeStoppedByServer(), "Expected StoppedByServer, but it was LengthLimited." },
        { must => must.BeStoppedByPolicy(), "Expected StoppedByPolicy, but it was LengthLimited." },
        { must => must.BeAborted(), "Expected Aborted, but it was LengthLimited." },
        { must => must.BeInterrupted(), "Expected Interrupted, but it was LengthLimited." },
        { must => must.BeStalled(), "Expected Stalled, but it was LengthLimited." },
        { must => must.BeServerError(), "Expected ServerError, but it was LengthLimited." },
        { must => must.BeMalformed(), "Expected Malformed, but it was LengthLimited." },
        { must => must.BeCanceled(), "Expected Canceled, but it was LengthLimited." },
        { must => must.BeAbandoned(), "Expected Abandoned, but it was LengthLimited." },
        { must => must.BeLengthLimited(LengthLimit.ContextWindow), "Expected the limit ContextWindow, but it was MaxTokens." },
        { must => must.WithCertainty(Certainty.Declared), "Expected a verdict that is Declared, but it was Inferred." },
        { must => must.WithFinishReason("stop"), "Expected the finish reason \"stop\", but it was \"tool_calls\"." },
        { must => must.WithoutFinishReason(), "Expected no finish reason, but it was \"tool_calls\"." },
        { must => must.WithText("Hell"), "Expected the text \"Hell\", but it was \"Hello.\"." },
        { must => must.WithReadyCall("save_plan", "{}"), "Expected the ready call save_plan {}, but it was ready: get_weather {\"city\": \"Paris\", \"unit\": \"C\"}." },
        { must => must.WithReadyCall("get_weather", "{}"), "Expected the ready call get_weather {}, but it was ready: get_weather *" },
        { must => must.WithoutReadyCalls(), "Expected no ready call, but it was ready: get_weather *" },
        { must => must.WithWithheldCall("save_plan", WithheldReason.StreamBroken), "Expected the call of save_plan withheld (StreamBroken), but it was withheld: save_plan (ChoiceCut)." },
        { must => must.WithWithheldCall(null, WithheldReason.ChoiceCut), "Expected the call of an unnamed tool withheld (ChoiceCut), but it was withheld: save_plan (ChoiceCut)." },
        { must => must.WithoutWithheldCalls(), "Expected no withheld call, but it was withheld: save_plan (ChoiceCut)." },
        { must => must.WithNote(OutcomeNoteKind.Retried), "Expected the note Retried, but it was LateOutput." },
        { must => must.WithoutNote(OutcomeNoteKind.LateOutput), "Expected no note LateOutput, but it was LateOutput." },
        { must => must.WithUsage(20, 21), "Expected usage of 20 and 21 tokens, but it was 20 and 22." },
        { must => must.WithoutUsage(), "Expected no usage, but it was 20 and 22 tokens." },
        { must => must.LeavingBudget(BudgetState.Exhausted, BudgetLimits.OfTotal(100)), "Expected a budget that is Exhausted, but it was Available (*" },
    };

    [Theory]
    [MemberData(nameof(WhatIsNot))]
    public void What_is_not_so_throws_with_the_explanation(Func<OutcomeAssertions, OutcomeAssertions> assertion, string message) =>
        Completion.Must().Invoking(must => assertion(must)).Should().Throw<OutcomeAssertionException>()
            .WithMessage($"{message}*{Environment.NewLine}LengthLimited: the request's max tokens cut the answer*");

    [Fact]
    public void Nothing_at_all_is_said_as_such()
    {
        Bare.Must().BeCompleted().WithoutFinishReason().WithoutReadyCalls().WithoutWithheldCalls().WithoutUsage()
            .LeavingBudget(BudgetState.Indeterminate, BudgetLimits.OfTotal(100));
        Bare.Must().Invoking(must => must.WithFinishReason("stop")).Should().Throw<OutcomeAssertionException>().WithMessage("*but it was none.*");
        Bare.Must().Invoking(must => must.WithReadyCall("a", "{}")).Should().Throw<OutcomeAssertionException>().WithMessage("*but it was none ready.*");
        Bare.Must().Invoking(must => must.WithNote(OutcomeNoteKind.Retried)).Should().Throw<OutcomeAssertionException>().WithMessage("*but it was no notes.*");
        Bare.Must().Invoking(must => must.WithUsage(1, 1)).Should().Throw<OutcomeAssertionException>().WithMessage("*but it was none.*");
        Bare.Must().Invoking(must => must.WithText("")).Should().Throw<InvalidOperationException>().WithMessage("*does not hold the text*");
    }

    [Fact]
    public async Task Streams_completions_outcomes_and_exceptions_can_be_asserted_on_beside_another_library()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done(), Script.Says("Hel").Cuts());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        ChatStream stream = adapter.StreamChatAsync("Hello?");
        await foreach (ChatChunk chunk in stream)
            chunk.Outcome?.Must().BeCompleted();
        var broken = await adapter.Invoking(it => it.CompleteChatAsync(ChatRequest.FromPrompt("Hello?"))).Should().ThrowAsync<IncompleteStreamException>();

        stream.Must().BeCompleted().WithText("Hello.");
        broken.Which.Must().BeInterrupted().WithText("Hel");
    }
}
