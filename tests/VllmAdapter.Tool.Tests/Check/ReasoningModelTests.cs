using System.Text.Json.Nodes;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>A model that thinks before it speaks, for longer than the questions have room: it is asked without its thoughts, and nothing is found that is not there.</summary>
public sealed class ReasoningModelTests
{
    [Fact]
    public async Task A_model_that_reasons_at_length_is_asked_with_reasoning_switched_off()
    {
        using FakeVllm server = FakeVllm.InMemory(request => IsSwitchedOff(request.Json!) ? ObedientModel.Answer(request) : Thinking);

        CheckReport report = await server.CheckAsync();

        report.IdsOf(Severity.Info).Should().Equal("named-call-under-stop");
        ProbeResult text = report.Probes.Single(probe => probe.Name == "text");
        text.Facts.Should().Contain(fact => fact.Contains("enable_thinking: false"));
        text.Untold.Should().ContainSingle().Which.Should().Contain("did not come to an end of its own");
    }

    [Fact]
    public async Task A_model_that_cannot_be_kept_from_it_shows_little_and_the_report_says_so()
    {
        using FakeVllm server = FakeVllm.InMemory(request => (bool?)request.Json!["ignore_eos"] is true ? ObedientModel.Answer(request) : Thinking);

        CheckReport report = await server.CheckAsync();

        report.IdsOf(Severity.Warning).Should().BeEmpty();
        report.Probes.Count(probe => probe.Untold.Count > 0).Should().BeGreaterThan(10);
    }

    private static ScriptedReply Thinking => Script.Model.Reasons(string.Concat(Enumerable.Repeat("Let me see. ", 500))).Says("Hello.");

    private static bool IsSwitchedOff(JsonNode body) => (bool?)body["chat_template_kwargs"]?["enable_thinking"] is false;
}
