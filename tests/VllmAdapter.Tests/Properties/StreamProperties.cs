using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>
/// What holds for every reply, whatever is in it and wherever it ends. By default 100 replies a property from a fixed seed; with the
/// environment variable VLLMADAPTER_FULL_SWEEP=1 they are 2,000.
/// </summary>
[Trait("Sweep", "full")]
public sealed class StreamProperties
{
    private static readonly Config Checks = Config.QuickThrowOnFailure
        .WithMaxTest(Sweep.IsFull ? 2_000 : 100)
        .WithQuietOnSuccess(true)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(58228, 2115), FSharpOption<int>.None)));

    [Fact]
    public void What_came_before_the_end_is_kept_and_nothing_else() => Check(async turn =>
    {
        Played played = await PlayAsync(turn, turn.InOddPieces);

        for (int choice = 0; choice < turn.Choices; choice++)
        {
            ChatChoice? completed = played.Completion?.Choices.FirstOrDefault(one => one.Index == choice);
            (completed?.Text ?? "").Should().Be(turn.TextOf(choice));
            (completed?.Reasoning ?? "").Should().Be(turn.ReasoningOf(choice));
        }
    });

    [Fact]
    public void A_call_is_ready_only_if_it_came_whole_and_its_choice_was_not_cut() => Check(async turn =>
    {
        Played played = await PlayAsync(turn, turn.InOddPieces);

        foreach (ToolCall call in played.Completion?.Outcome.ToolCalls ?? [])
        {
            turn.WholeCalls.Should().Contain(whole =>
                whole.Choice == call.ChoiceIndex && whole.Name == call.Name && whole.Arguments.Trim() == call.Arguments);
            turn.ReasonsOf(call.ChoiceIndex).All(reason => reason is "stop" or "tool_calls").Should().BeTrue("nothing said that it was cut");
            (turn.ReasonsOf(call.ChoiceIndex).Any() || turn.Came.Any(step => step is Step.Done)).Should().BeTrue("something said that it ended");
            turn.Came.Any(step => step is Step.Fails or Step.Garbles).Should().BeFalse("nothing that follows can be trusted");
        }
    });

    [Fact]
    public void A_whole_call_is_ready_if_its_end_was_declared_and_marked() => Check(async turn =>
    {
        Played played = await PlayAsync(turn, turn.InOddPieces);

        if (turn.Came is not [.., Step.Done])
            return;

        foreach ((int choice, string name, string arguments) in turn.WholeCalls)
        {
            if (turn.ReasonsOf(choice).Any() && turn.ReasonsOf(choice).All(reason => reason is "stop" or "tool_calls"))
            {
                played.Outcome.ToolCalls.Should().Contain(
                    call => call.ChoiceIndex == choice && call.Name == name && call.Arguments == arguments.Trim(), played.Outcome.Explain());
            }
        }
    });

    [Fact]
    public void Absence_never_exhausts_a_budget() => Check(async turn =>
    {
        Played played = await PlayAsync(turn, turn.InOddPieces);
        if (played.Completion is null)
            return;

        BudgetReport report = new TokenBudget(new BudgetLimits { Total = 1, Completion = 1 }).Record(played.Outcome);

        if (!turn.Came.Any(step => step is Step.Uses { Prompt: > 0 } or Step.Uses { Completion: > 0 }))
            report.State.Should().Be(BudgetState.Indeterminate);
    });

    [Fact]
    public void The_bytes_may_be_split_in_any_way() => Check(async turn =>
    {
        Summary inOnePiece = Summary.Of(await PlayAsync(turn, turn.InOnePiece));

        Summary.Of(await PlayAsync(turn, turn.ByteByByte)).Should().Be(inOnePiece);
        Summary.Of(await PlayAsync(turn, turn.InOddPieces)).Should().Be(inOnePiece);
    });

    [Fact]
    public void There_is_one_outcome_at_the_end_and_it_can_be_told() => Check(async turn =>
    {
        Played played = await PlayAsync(turn, turn.InOnePiece);
        if (played.Failure is VllmRequestException)
        {
            played.Chunks.Should().BeEmpty();
            turn.Came.First(step => step is not Step.KeepsAlive).Should().BeOfType<Step.Fails>();
            return;
        }

        played.Chunks.Count(chunk => chunk.Outcome is not null).Should().Be(1);
        played.Chunks[^1].Outcome.Should().BeSameAs(played.Outcome);
        Enum.IsDefined(played.Outcome.Verdict).Should().BeTrue();
        played.Outcome.Choices.Should().OnlyContain(choice => Enum.IsDefined(choice.Verdict));
        played.Outcome.Explain().Should().NotBeNullOrWhiteSpace();
        JsonDocument.Parse(played.Outcome.ToJson()).Dispose();
        (played.Failure is null || played.Failure is IncompleteStreamException).Should().BeTrue();
    });

    [Fact]
    public void A_reply_that_was_cut_before_every_choice_declared_its_end_is_incomplete_and_has_no_ready_call() => Check(async turn =>
    {
        Played played = await PlayAsync(turn, turn.InOddPieces);
        bool wasCut = turn.Ending != BodyEnding.Clean && !turn.Came.Any(step => step is Step.Done);
        bool allDeclared = Enumerable.Range(0, turn.Choices).All(choice => turn.ReasonsOf(choice).Any());
        if (!wasCut || allDeclared || played.Completion is null)
            return;

        played.Outcome.IsComplete.Should().BeFalse(played.Outcome.Explain());
        played.Outcome.ToolCalls.Should().BeEmpty("no choice of a broken stream may be acted on");
    });

    private static void Check(Func<Turn, Task> holds) => Prop.ForAll(Turns.Any, holds).Check(Checks);

    private static Task<Played> PlayAsync(Turn turn, IReadOnlyList<ReadOnlyMemory<byte>> pieces) => Played.RunAsync(
        new CannedServer { Pieces = pieces, Ending = turn.Ending },
        ChatRequest.FromPrompt("Hello.") with { ChoiceCount = turn.Choices });

    private sealed record Summary(string? Failure, StreamVerdict? Verdict, string Texts, string Ready, string Withheld)
    {
        public static Summary Of(Played played) => played.Completion is { } answer
            ? new Summary(
                played.Failure?.GetType().Name,
                answer.Outcome.Verdict,
                string.Join('|', answer.Choices.Select(choice => $"{choice.Index}{choice.Text}{choice.Reasoning}")),
                string.Join('|', answer.Outcome.ToolCalls.Select(call => $"{call.ChoiceIndex}{call.Name}{call.Arguments}")),
                string.Join('|', answer.Outcome.WithheldToolCalls.Select(call => $"{call.ChoiceIndex}{call.Reason}{call.RawArguments}")))
            : new Summary(played.Failure?.GetType().Name, Verdict: null, "", "", "");
    }
}
