using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Requests;
using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Messages;

/// <summary>Every recorded exchange of <c>/v1/messages</c> with real servers, replayed through the public API.</summary>
public sealed class RecordedMessageTests(ITestOutputHelper output)
{
    internal static readonly RouteRecordings Recordings = new("Messages/Recordings", "messages");

    public static TheoryData<RecordedPath> All => Recordings.Paths(IsOfTheRoute);

    public static TheoryData<RecordedPath> Answered => Recordings.Paths(recording => IsOfTheRoute(recording) && recording.Ended is not null);

    public static TheoryData<RecordedPath> Refused => Recordings.Paths(recording => IsOfTheRoute(recording) && recording.Ended is null);

    [Theory]
    [MemberData(nameof(All))]
    public void A_body_that_a_real_server_was_sent_can_be_said_in_the_typed_API(RecordedPath path)
    {
        JsonObject recorded = Recordings.At(path).Asked.DeepClone().AsObject();
        if (recorded.Bool("stream") is false)
            recorded.Remove("stream");

        JsonNode.Parse(MessageRequestBody.Build(Request(Recordings.At(path)), null).Utf8)!.AsObject().ShouldBeJson(recorded);
    }

    [Theory]
    [MemberData(nameof(Answered))]
    public async Task What_was_answered_is_judged_by_how_it_really_ended(RecordedPath path)
    {
        Recording recording = Recordings.At(path);

        ChatAnswer answer = await CannedServer.Replaying(recording).NewAdapter().CompleteMessageAsync(Request(recording));

        output.WriteLine($"{path}: {answer.Outcome.Explain()}");
        string ended = recording.Ended!;
        bool isCut = ended.StartsWith("output cap reached", StringComparison.Ordinal);
        bool isStreamedCall = ended.EndsWith("inside a call", StringComparison.Ordinal) && recording.Asked.Bool("stream") is true;
        bool isUntold = isStreamedCall && recording.Path.Contains("0.20.2", StringComparison.Ordinal);
        (answer.Outcome.Verdict, answer.Outcome.Certainty).Should().Be(
            (isCut ? StreamVerdict.LengthLimited : StreamVerdict.Completed, isUntold ? Certainty.Inferred : Certainty.Declared));
        answer.Outcome.Limit.Should().Be(isCut ? LengthLimit.MaxTokens : null);
        answer.Outcome.WithheldToolCalls.Should().HaveCount(isStreamedCall ? 1 : 0);
        if (recording.Truth.Text("text") is { } text)
            answer.Text.Should().Be(text);

        if (ended == "model stopped after calling")
            JsonNode.DeepEquals(JsonNode.Parse(answer.ToolCalls.Should().ContainSingle().Subject.Arguments), JsonNode.Parse("""{"city":"Paris and its suburbs"}""")).Should().BeTrue();
        else
            answer.ToolCalls.Should().BeEmpty();

        (answer.Id, answer.Model).Should().NotBe((null, null));
        answer.Usage!.CompletionTokens.Should().BePositive();
        answer.Outcome.Notes.Should().NotContain(note => note.Kind == OutcomeNoteKind.OddFields);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_was_refused_is_a_typed_failure(RecordedPath path)
    {
        Recording recording = Recordings.At(path);
        Func<Task> ask = () => CannedServer.Replaying(recording).NewAdapter().CompleteMessageAsync(Request(recording));

        VllmRequestException failure = (await ask.Should().ThrowAsync<VllmRequestException>()).Which;

        output.WriteLine($"{path}: {failure.Message}");
        failure.Failure.Should().Be(RequestFailure.ContextWindowExceeded);
    }

    private static MessageRequest Request(Recording recording)
    {
        JsonObject body = recording.Asked;
        return new MessageRequest
        {
            Model = body.Text("model"),
            Messages = [.. (body["messages"] as JsonArray ?? []).OfType<JsonObject>().Select(message => VllmMessage.User(message.Text("content")!))],
            MaxTokens = body.Int("max_tokens") ?? 16,
            Temperature = body.Int("temperature"),
            StopSequences = body.Texts("stop_sequences") ?? [],
            Tools = [.. (body["tools"] as JsonArray ?? []).OfType<JsonObject>().Select(tool => new ToolDefinition(tool.Text("name")!, tool.Text("description"), tool["input_schema"]!))],
            Stream = body.Bool("stream") is true,
            OnIncompleteStream = IncompleteStreamBehavior.Report,
            SendUnchecked = true,
        };
    }

    private static bool IsOfTheRoute(Recording recording) => recording.Exchange.Request.Path == "/v1/messages";
}
