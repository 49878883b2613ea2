namespace VllmAdapter.Tests.Streaming;

public sealed class GatheringTests
{
    private static ChatAnswer Gather(params ChatChunk[] chunks)
    {
        var gathering = new Gathering();
        foreach (ChatChunk chunk in chunks)
            gathering.TryAdd(chunk);

        return new ChatAnswer { Outcome = new StreamOutcome(), Choices = gathering.Complete() };
    }

    [Fact]
    public void Pieces_of_text_and_reasoning_are_joined()
    {
        ChatAnswer answer = Gather(
            new() { Reasoning = "H" }, new() { Reasoning = "m", Text = "Hel" }, new(), new() { Text = "lo" });

        (answer.Text, answer.Reasoning, answer.ToString()).Should().Be(("Hello", "Hm", "Hello"));
    }

    [Fact]
    public void Choices_are_gathered_apart_and_put_in_order() =>
        Gather(new() { ChoiceIndex = 2, Text = "c" }, new() { ChoiceIndex = 0, Text = "a" }, new() { ChoiceIndex = 2, Text = "C" })
            .Choices.Select(choice => (choice.Index, choice.Text)).Should().Equal((0, "a"), (2, "cC"));

    [Fact]
    public void A_character_split_over_two_chunks_is_whole_again() =>
        Gather(new() { Text = "\ud83d" }, new() { Text = "\ude00" }).Text.Should().Be("😀");

    [Fact]
    public void Log_probabilities_and_token_ids_are_lined_up()
    {
        TokenLogprob one = new() { Token = "a" };
        TokenLogprob two = new() { Token = "b" };
        ChatChoice choice = Gather(
            new() { Logprobs = [one], TokenIds = [1] },
            new() { Text = "x" },
            new() { Logprobs = [two], TokenIds = [2, 3] }).Choices.Single();

        choice.Logprobs!.Should().Equal(one, two);
        choice.TokenIds.Should().Equal(1, 2, 3);
    }

    [Fact]
    public void What_never_came_is_null_and_not_empty()
    {
        ChatChoice choice = Gather(new ChatChunk { Text = "a" }).Choices.Single();

        (choice.Logprobs, choice.TokenIds).Should().Be((null, null));
        Gather().Choices.Should().BeEmpty();
    }

    [Fact]
    public void Calls_go_into_the_evidence_of_their_choice()
    {
        var gathering = new Gathering();
        gathering.TryAdd(new ChatChunk { ChoiceIndex = 1, ToolCallDeltas = [new ToolCallDelta { Index = 0, Name = "f", Arguments = "{" }] });
        gathering.TryAdd(new ChatChunk { ChoiceIndex = 0, Text = "a" });
        gathering.TryAdd(new ChatChunk { ChoiceIndex = 1, ToolCallDeltas = [new ToolCallDelta { Index = 0, Arguments = "}" }, new ToolCallDelta { Index = 1, Id = "b", Name = "g" }] });
        StreamEvidence evidence = new();
        gathering.AssembleInto(evidence, []);

        evidence.ChoiceAt(1).ToolCalls.Should().Equal(new ToolCallEvidence { Name = "f", Arguments = "{}" }, new ToolCallEvidence { Id = "b", Name = "g" });
        evidence.ChoiceAt(0).ToolCalls.Should().BeEmpty();
    }
}
