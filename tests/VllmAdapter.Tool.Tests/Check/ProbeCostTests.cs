using System.Text.Json.Nodes;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>No probe asks more than it said, whatever the server does.</summary>
public sealed class ProbeCostTests
{
    public static TheoryData<string> Probes => [.. AllProbes.Full.Select(probe => probe.Name)];

    [Theory]
    [MemberData(nameof(Probes))]
    public async Task A_probe_asks_no_more_than_it_says(string name)
    {
        IProbe probe = AllProbes.Full.Single(one => one.Name == name);
        using FakeVllm obedient = FakeVllm.InMemory(ObedientModel.Answer);
        using FakeVllm other = FakeVllm.InMemory(request => Script.Model.Says($"No. {request.Body.Length} {Guid.NewGuid()}"));
        using FakeVllm broken = FakeVllm.InMemory(Script.Says("Hel").Cuts());
        foreach (FakeVllm server in (FakeVllm[])[obedient, other, broken])
        {
            await server.CheckAsync([probe]);

            (int answers, int tokens) = AskedOf(server);
            answers.Should().BeLessThanOrEqualTo(probe.Cost.Answers);
            tokens.Should().BeLessThanOrEqualTo(probe.Cost.GeneratedTokens);
        }
    }

    [Theory]
    [InlineData("0.33.0", 1)]
    [InlineData("0.20.2", 0)] // ends on a grammar that it cannot compile
    [InlineData("0.11.0", 0)]
    public async Task A_grammar_is_only_sent_where_it_can_do_no_harm(string version, int sent)
    {
        VllmProfile profile = VllmProfile.All.Single(one => one.Version == version);
        using FakeVllm server = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile }, ObedientModel.Answer);

        CheckReport report = await server.CheckAsync();

        server.Requests.Count(request => request.Body.Contains("\"grammar\"", StringComparison.Ordinal)).Should().Be(sent);
        report.Probes.Single(probe => probe.Name == "grammar").Untold.Should().HaveCount(1 - sent);
        server.Requests.Should().NotContain(request => request.Body.Contains("guided_", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_probe_has_a_name_of_its_own_and_a_question()
    {
        AllProbes.Full.Select(probe => probe.Name).Should().OnlyHaveUniqueItems();
        AllProbes.Full.Should().AllSatisfy(probe => probe.Asks.Should().EndWith("?"));
        AllProbes.Quick.Should().HaveCount(10);
    }

    [Fact]
    public void A_question_without_a_limit_is_no_question_of_a_probe()
    {
        Action unbounded = () => ProbeCost.Of(ChatRequest.FromPrompt("Tell me everything."));

        unbounded.Should().Throw<ArgumentException>().WithMessage("*MaxTokens*");
    }

    // The one that asks for more than the window ends at the first letter, if it is taken at all.
    private static (int Answers, int Tokens) AskedOf(FakeVllm server)
    {
        JsonNode[] bodies = [.. server.Requests.Where(request => request.Path == "/v1/chat/completions").Select(request => request.Json!)];
        return (bodies.Length, bodies.Sum(body => body["stop"] is JsonArray { Count: 4 } ? 0 : (int)body["max_tokens"]! * ((int?)body["n"] ?? 1)));
    }
}
