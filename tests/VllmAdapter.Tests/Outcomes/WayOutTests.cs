using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Outcomes;

public sealed class WayOutTests
{
    private const string AskAgain = "Ask again; what came is in Received.";
    private const string AskAgainOrContinue = "Ask again, or let ChatRequest.Recovery continue plain text; what came is in Received.";

    public static TheoryData<ScriptedReply, string> Endings => new()
    {
        { Script.Says("hi").Cuts(), AskAgainOrContinue },
        { Script.Calls("roll", "{\"").Cuts(), $"The call of roll was withheld: the stream broke off before its end. {AskAgain}" },
        { Script.Says("hi").Finishes("abort").Uses(3, 1).Done(), AskAgainOrContinue },
        { Script.Says("hi").Fails().Done(), AskAgainOrContinue },
        { Script.Says("hi").Fails("The schema cannot be compiled.", 400, "BadRequestError").Done(), "Correct the request; unchanged, it will fail again." },
        { Script.Says("hi").Event("{nope}"), "BytePositionInLine: 1. Check what lies between the client and the server; what came is in Received." },
        {
            Script.Says("hi").Finishes("length").Uses(3, 20).Done(),
            "20 of 20 tokens used. Raise ChatRequest.MaxTokens, and ask again or go on with ChatRequest.Continuing(outcome)."
        },
        { Script.Calls("roll", "{\"").Finishes("length").Uses(3, 20).Done(), "Raise ChatRequest.MaxTokens and ask again." },
        {
            Script.Says("hi").Finishes("length").Uses(3, 5).Done(),
            "5 of 20 tokens used. Set VllmAdapterOptions.ContextWindow to tell the limits apart; then raise ChatRequest.MaxTokens, or shorten the messages."
        },
        { Script.Says("hi").Finishes("length").Done(), "Raise ChatRequest.MaxTokens, and ask again or go on with ChatRequest.Continuing(outcome)." },
        { Script.Says("hi"), AskAgainOrContinue },
        { Script.Says("hi").Done(), "Ask again, or use what is in Received: IncompleteStreamBehavior.Throw accepts such an end." },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task The_exceptions_message_ends_with_what_to_do(ScriptedReply script, string end)
    {
        using FakeVllm vllm = FakeVllm.InMemory(script);
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { MaxTokens = 20, OnIncompleteStream = IncompleteStreamBehavior.ThrowUnlessConfirmed };

        IncompleteStreamException thrown = (await FluentActions
            .Awaiting(async () => (await vllm.CreateAdapter().CompleteChatAsync(request)).Outcome.EnsureComplete())
            .Should().ThrowAsync<IncompleteStreamException>()).Which;

        thrown.Message.Should().StartWith(thrown.Outcome.Explain()).And.EndWith(end);
    }

    [Theory]
    [InlineData(8, "Shorten the messages; VllmServer.PlanAsync tells you in advance what fits.")]
    [InlineData(2048, "Raise that limit, or go on with ChatRequest.Continuing(outcome).")]
    public async Task A_known_window_tells_what_to_do_about_a_limit(int window, string end)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("hi").Finishes("length").Uses(3, 5).Done());
        var adapter = new VllmInferenceAdapter(vllm.CreateHttpClient(), new VllmAdapterOptions { ContextWindow = window });

        ChatAnswer answer = await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Hello.") with { MaxTokens = 20 });

        answer.Invoking(it => it.Outcome.EnsureComplete()).Should().Throw<IncompleteStreamException>().Which.Message.Should().EndWith(end);
    }

    [Fact]
    public async Task What_was_tried_already_is_not_advised()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says("hi").Cuts());
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { Recovery = StreamRecovery.Continue() };

        (await vllm.CreateAdapter().Awaiting(a => a.CompleteChatAsync(request)).Should().ThrowAsync<IncompleteStreamException>())
            .Which.Message.Should().EndWith(AskAgain).And.NotContain("ChatRequest.Recovery");
    }
}
