using System.Net;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Failures;

public sealed class VllmExceptionTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello.");

    [Fact]
    public async Task One_catch_is_enough_for_what_never_began_and_for_what_broke_off()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Refuses(400, "No."), Script.Says("Cal").Cuts());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        List<VllmException> caught = [];

        for (int i = 0; i < 2; i++)
        {
            try
            {
                await adapter.CompleteChatAsync(Hello);
            }
            catch (VllmException error)
            {
                caught.Add(error);
            }
        }

        caught.Select(error => error.GetType()).Should().Equal(typeof(VllmRequestException), typeof(IncompleteStreamException));
    }

    [Fact]
    public void A_refusal_can_be_made_for_a_test()
    {
        var cause = new HttpRequestException("No route to host.");
        var refused = new VllmRequestException("The queue is full.", RequestFailure.Overloaded, HttpStatusCode.ServiceUnavailable, cause)
        {
            RetryAfter = TimeSpan.FromSeconds(3),
            Attempts = 3,
            ServerMessage = "full",
        };

        (refused.Message, refused.Failure, refused.StatusCode, refused.InnerException)
            .Should().Be(("The queue is full.", RequestFailure.Overloaded, HttpStatusCode.ServiceUnavailable, cause));
        (refused.RetryAfter, refused.Attempts, refused.ServerMessage).Should().Be((TimeSpan.FromSeconds(3), 3, "full"));
    }

    [Theory]
    [InlineData(RequestFailure.Unavailable, true, 1)]
    [InlineData(RequestFailure.BadRequest, false, 1)]
    [InlineData(RequestFailure.NotSent, true, 0)]
    public void Of_a_refusal_that_was_made_the_kind_says_whether_to_retry(RequestFailure failure, bool isRetryable, int attempts)
    {
        var refused = new VllmRequestException("So it is.", failure);

        (refused.IsRetryable, refused.Attempts).Should().Be((isRetryable, attempts));
    }

    [Fact]
    public void A_broken_stream_can_be_made_for_a_test()
    {
        StreamOutcome outcome = OutcomeJudge.Decide(new StreamEvidence { Chunks = 3 }, TerminationCause.IdleTimeout);
        var broken = new IncompleteStreamException(outcome, new ChatAnswer { Outcome = outcome });

        broken.Outcome.Verdict.Should().Be(StreamVerdict.Stalled);
        broken.Message.Should().StartWith(outcome.Explain());
        FluentActions.Invoking(() => new IncompleteStreamException(null!, ChatAnswer.Of(""))).Should().Throw<ArgumentNullException>();
    }

    [Fact]
    public void Only_ours_derive_from_the_base() =>
        typeof(VllmException).GetConstructors(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)
            .Should().OnlyContain(constructor => constructor.IsFamilyAndAssembly);

    [Theory]
    [InlineData("response_format")]
    [InlineData("several choices")]
    [InlineData("plain")]
    public void What_cannot_be_continued_is_not_offered_to_be(string what)
    {
        var request = new RequestEvidence
        {
            MaxTokens = 2,
            Format = what == "response_format" ? new AskedFormat { Field = "response_format", IsJsonObject = true } : null,
            ChoiceCount = what == "several choices" ? 2 : 1,
        };
        StreamOutcome cut = OutcomeJudge.Decide(
            new StreamEvidence { Request = request, Chunks = 2, Choices = [new() { Declared = [FinishReason.Length] }, new() { Index = 1, Declared = [FinishReason.Length] }] },
            TerminationCause.Sentinel);

        string message = new IncompleteStreamException(cut, new ChatAnswer { Outcome = cut }).Message;

        message.Contains("Continuing", StringComparison.Ordinal).Should().Be(what == "plain");
        message.Should().Contain("ChatRequest.MaxTokens");
    }
}
