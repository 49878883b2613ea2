using System.Text.Json;
using System.Text.Json.Serialization;
using VllmAdapter.Testing;
using static VllmAdapter.Tests.Agents.LoopPlay;

namespace VllmAdapter.Tests.Agents;

public sealed partial class LoopTypedTests
{
    private static readonly ScriptedReply Json = Script.Says("""{"city":"Rome","nights":3}""").Finishes("stop").Uses(30, 9).Done();
    private static readonly ScriptedReply Call = Calling("get_random_number", "{}");
    private static readonly ChatRequest Go = ChatRequest.FromPrompt("Go.");

    [Fact]
    public async Task The_answer_is_asked_for_once_more_in_its_shape_and_without_tools()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Call, Answer, Json);
        ToolLoopResult<Trip> result = await Loop(vllm).CompleteAsync(Go, TypedJson.Default.Trip);

        result.HasValue.Should().BeTrue();
        result.Value.Should().Be(new Trip("Rome", 3));
        vllm.Requests.Select(request => (string?)request.Json!["response_format"]?["type"]).Should().Equal(null, null, "json_schema");
        vllm.Requests.Select(request => (string?)request.Json!["tool_choice"]).Should().Equal(null, null, "none");
        result.Run.Request.Messages.Select(message => message.GetType().Name).Should()
            .Equal(nameof(UserMessage), nameof(AssistantMessage), nameof(ToolMessage), nameof(AssistantMessage));
    }

    [Fact]
    public async Task An_answer_that_already_fits_is_not_asked_for_again()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Call, Json);

        (await Loop(vllm).CompleteAsync<Trip>(Go)).Value.Nights.Should().Be(3);
        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task Without_tools_the_first_turn_is_held_to_the_shape()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Json);

        (await new ToolLoop(vllm.CreateAdapter(), []).CompleteAsync(Go, TypedJson.Default.Trip)).Value.City.Should().Be("Rome");
        vllm.Requests.Single().Json!["tool_choice"].Should().BeNull();
        vllm.Requests.Single().Json!["response_format"].Should().NotBeNull();
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_after_all_is_a_failure_that_says_so()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer, Answer);
        ToolLoopResult<Trip> result = await Loop(vllm).CompleteAsync(Go, TypedJson.Default.Trip);

        result.HasValue.Should().BeFalse();
        result.Run.Verdict.Should().Be(ToolLoopVerdict.Answered);
        result.Failure.Should().BeOfType<JsonException>();
        result.Explain().Should().StartWith("Answered after 2 turns, 0 calls run. The answer cannot be read as Trip: ");
        result.Invoking(r => r.Value).Should().Throw<InvalidOperationException>().WithMessage("There is no answer. Answered after 2 turns*");
    }

    [Fact]
    public async Task A_run_that_ended_without_an_answer_has_no_value_and_says_how_it_ended()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Call);
        var loop = new ToolLoop(vllm.CreateAdapter(), [Random()], new() { MaxTurns = 1 });
        ToolLoopResult<Trip> result = await loop.CompleteAsync(Go, TypedJson.Default.Trip);

        result.Run.Verdict.Should().Be(ToolLoopVerdict.TurnLimit);
        result.Invoking(r => r.Value).Should().Throw<InvalidOperationException>().WithMessage("There is no answer. Stopped after 1 turn*");
    }

    [Fact]
    public async Task The_requests_own_output_takes_the_place_of_the_schema()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Answer, Json);
        ChatRequest request = Go with { Output = StructuredOutput.JsonObject };

        (await Loop(vllm).CompleteAsync(request, TypedJson.Default.Trip)).HasValue.Should().BeTrue();
        vllm.Requests.Select(sent => (string?)sent.Json!["response_format"]?["type"]).Should().Equal(null, "json_object");
    }

    private static ToolLoop Loop(FakeVllm vllm) => new(vllm.CreateAdapter(), [Random()]);

    public sealed record Trip(string City, int Nights);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Trip))]
    internal sealed partial class TypedJson : JsonSerializerContext;
}
