using System.Text.Json;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Recorded;

/// <summary>Every recorded exchange of a chat, replayed through the public API: what a careful client must conclude, it concludes.</summary>
public sealed class RecordedStreamTests(ITestOutputHelper output)
{
    public static TheoryData<string> Replies => Recording.PathsOf(recording => recording.Kind is "stream" or "whole");

    public static TheoryData<string> Refusals => Recording.PathsOf(recording => recording.Kind == "request-refused");

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task A_recorded_reply_gets_the_verdict_that_its_bytes_deserve(string path)
    {
        Recording recording = Recording.At(path);
        Played played = await Played.RunAsync(CannedServer.Replaying(recording), recording.Request());

        (played.Failure as VllmRequestException).Should().BeNull();
        StreamOutcome outcome = played.Outcome;
        output.WriteLine($"{path}: {outcome.Explain()}");
        if (DisputedExpectations.All.TryGetValue(path, out string? reason))
        {
            output.WriteLine($"disputed: {reason}");
            return;
        }

        JsonNode expect = recording.Expect;
        string[] verdicts = [expect["verdict"]!.GetValue<string>(), .. expect["also_right"] is { } other ? [other.GetValue<string>()] : Array.Empty<string>()];
        outcome.Verdict.ToString().Should().BeOneOf(verdicts, outcome.Explain());
        TextsOf(played, choice => choice.Text).Should().BeEquivalentTo(Strings(expect["text"]));
        TextsOf(played, choice => choice.Reasoning).Should().BeEquivalentTo(Strings(expect["reasoning"]));
        outcome.Choices.Where(choice => choice.FinishReason is not null)
            .ToDictionary(choice => choice.Index, choice => choice.FinishReason!.Value.Word)
            .Should().BeEquivalentTo(Strings(expect["finish"]));
        outcome.Usage?.CompletionTokens.Should().Be(expect["completion_tokens"]?.GetValue<int>());
        (outcome.Usage is null).Should().Be(expect["completion_tokens"] is null);
        outcome.WithheldToolCalls.Should().HaveCount(expect["withheld_calls"]!.GetValue<int>());
        ReadyCalls(outcome).Should().Equal(ExpectedCalls(expect["ready_calls"]!));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_recorded_refusal_never_becomes_a_stream(string path)
    {
        Recording recording = Recording.At(path);
        Played played = await Played.RunAsync(CannedServer.Replaying(recording), recording.Request());

        var refusal = played.Failure.Should().BeOfType<VllmRequestException>().Subject;
        output.WriteLine($"{path}: {refusal.Failure}: {refusal.Message}");
        int status = recording.Expect["status"]!.GetValue<int>();
        if (recording.Expect["inside_200"]?.GetValue<bool>() is true)
            (refusal.Status, refusal.Code).Should().Be((System.Net.HttpStatusCode.OK, status.ToString()));
        else
            refusal.Status.Should().Be((System.Net.HttpStatusCode)status);
    }

    [Fact]
    public void The_recordings_are_all_there()
    {
        var counts = Recording.All.GroupBy(recording => recording.Kind ?? "other endpoint").ToDictionary(group => group.Key, group => group.Count());
        foreach ((string kind, int count) in counts)
            output.WriteLine($"{kind}: {count}");

        output.WriteLine($"disputed: {DisputedExpectations.All.Count}");
        counts.Should().BeEquivalentTo(new Dictionary<string, int>
        {
            ["stream"] = 277,
            ["whole"] = 50,
            ["request-refused"] = 60,
            ["other endpoint"] = 30,
        });
    }

    private static Dictionary<int, string> TextsOf(Played played, Func<CompletedChoice, string> text) => played.Completion!.Choices
        .Where(choice => text(choice).Length > 0).ToDictionary(choice => choice.Index, text);

    private static Dictionary<int, string> Strings(JsonNode? byChoice) => byChoice!.AsObject()
        .ToDictionary(entry => int.Parse(entry.Key), entry => entry.Value!.GetValue<string>());

    private static IEnumerable<string> ReadyCalls(StreamOutcome outcome) => outcome.ToolCalls
        .Select(call => Canonical(new JsonArray(call.Choice, call.Name, JsonNode.Parse(call.Arguments))));

    private static IEnumerable<string> ExpectedCalls(JsonNode calls) => calls.AsArray().Select(call => Canonical(call!.DeepClone()));

    private static string Canonical(JsonNode node) => node.ToJsonString(new JsonSerializerOptions { WriteIndented = false });
}
