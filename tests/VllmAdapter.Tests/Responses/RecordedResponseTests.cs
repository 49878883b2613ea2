using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Requests;
using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Responses;

/// <summary>Every recorded exchange of <c>/v1/responses</c> with real servers, replayed through the public API.</summary>
public sealed class RecordedResponseTests(ITestOutputHelper output)
{
    internal static readonly RouteRecordings Recordings = new("Responses/Recordings", "responses");

    public static TheoryData<RecordedPath> All => Recordings.Paths(_ => true);

    public static TheoryData<RecordedPath> Answered => Recordings.Paths(recording => recording.Ended is not null);

    public static TheoryData<RecordedPath> Refused => Recordings.Paths(recording => recording.Ended is null);

    [Theory]
    [MemberData(nameof(All))]
    public void A_body_that_a_real_server_was_sent_can_be_said_in_the_typed_API(RecordedPath path)
    {
        JsonObject recorded = Recordings.At(path).Asked.DeepClone().AsObject();
        if (recorded.Bool("stream") is false)
            recorded.Remove("stream");

        RecordedResponseRequest.Build(RecordedResponseRequest.FromBody(recorded)).ShouldBeJson(recorded);
    }

    [Fact]
    public void Only_a_background_needs_Extra() =>
        Recordings.All.SelectMany(recording => RecordedResponseRequest.FromBody(recording.Asked).Extra ?? []).Select(field => field.Key).Distinct()
            .Should().BeSubsetOf(["background", "store", "structured_outputs"]);

    [Theory]
    [MemberData(nameof(Answered))]
    public async Task What_was_answered_is_judged_by_how_it_really_ended(RecordedPath path)
    {
        Recording recording = Recordings.At(path);

        ChatAnswer answer = await CannedServer.Replaying(recording).NewAdapter().CompleteResponseAsync(Request(recording));

        output.WriteLine($"{path}: {answer.Outcome.Explain()}");
        bool isCut = recording.Ended!.StartsWith("output cap reached", StringComparison.Ordinal);
        bool isUntold = isCut && recording.Path.Contains("0.11.0", StringComparison.Ordinal);
        (answer.Outcome.Verdict, answer.Outcome.Certainty).Should().Be(
            (isCut ? StreamVerdict.LengthLimited : StreamVerdict.Completed, isUntold ? Certainty.Inferred : Certainty.Declared));
        answer.Outcome.Limit.Should().Be(isCut ? LengthLimit.MaxTokens : null);
        if (recording.Truth.Text("text") is { } text)
            answer.Text.Should().Be(text);

        if (recording.Ended == "model stopped after calling")
            answer.ToolCalls.Should().ContainSingle().Which.Should().Match<ToolCall>(call => call.Name == "get_weather" && call.Arguments.Contains("Paris and its suburbs") && !call.IdIsSynthetic);
        else
            answer.ToolCalls.Should().BeEmpty();

        answer.Id.Should().StartWith("resp_");
        answer.Usage!.CompletionTokens.Should().BePositive();
        answer.Outcome.Notes.Should().NotContain(note => note.Kind == OutcomeNoteKind.OddFields);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_was_refused_is_a_typed_failure(RecordedPath path)
    {
        Recording recording = Recordings.At(path);
        Func<Task> ask = () => CannedServer.Replaying(recording).NewAdapter().CompleteResponseAsync(Request(recording));

        VllmRequestException failure = (await ask.Should().ThrowAsync<VllmRequestException>()).Which;

        output.WriteLine($"{path}: {failure.Message}");
        failure.Failure.Should().Be(recording.Exchange.Name switch
        {
            var name when name.Contains("unknown-model", StringComparison.Ordinal) => RequestFailure.ModelNotFound,
            var name when name.Contains("too-long", StringComparison.Ordinal) => RequestFailure.ContextWindowExceeded,
            _ => RequestFailure.BadRequest,
        });
    }

    private static ResponseRequest Request(Recording recording) =>
        RecordedResponseRequest.FromBody(recording.Asked) with { OnIncompleteStream = IncompleteStreamBehavior.Report };
}
