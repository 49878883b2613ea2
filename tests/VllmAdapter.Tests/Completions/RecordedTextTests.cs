using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Requests;
using VllmAdapter.Tests.Wire;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Completions;

/// <summary>Every recorded exchange of plain completions with real servers, replayed through the public API.</summary>
public sealed class RecordedTextTests(ITestOutputHelper output)
{
    internal static readonly RouteRecordings Recordings = new("Completions/Recordings", "completions", "completions-dies");

    public static TheoryData<RecordedPath> All => Recordings.Paths(_ => true);

    public static TheoryData<RecordedPath> Answered => Recordings.Paths(recording => recording.Ended is not null);

    public static TheoryData<RecordedPath> Refused => Recordings.Paths(recording => recording.Ended is null);

    [Theory]
    [MemberData(nameof(All))]
    public void A_body_that_a_real_server_was_sent_can_be_said_in_the_typed_API(RecordedPath path)
    {
        JsonObject recorded = Recordings.At(path).Asked;

        RecordedTextRequest.Build(RecordedTextRequest.FromBody(recorded)).ShouldBeJson(recorded);
    }

    [Fact]
    public void Only_dead_unknown_and_null_fields_need_Extra() =>
        Recordings.All.SelectMany(recording => RecordedTextRequest.FromBody(recording.Asked).Extra ?? []).Select(field => field.Key).Distinct()
            .Should().BeSubsetOf(["max_tokens", "prompt", "best_of", "guided_choice", "guided_regex"]);

    [Theory]
    [MemberData(nameof(Answered))]
    public async Task What_was_written_is_judged_by_how_it_really_ended(RecordedPath path)
    {
        Recording recording = Recordings.At(path);

        PlayedText played = await PlayedText.RunAsync(CannedServer.Replaying(recording), Request(recording));

        output.WriteLine($"{path}: {played.Answer?.Outcome.Explain() ?? played.Failure?.Message}");
        StreamOutcome outcome = played.Outcome;
        (outcome.Verdict, outcome.Certainty).Should().Be(Expected(recording));
        outcome.Choices.Should().HaveCount(ChoicesAsked(recording)).And.OnlyContain(choice => choice.Verdict == outcome.Verdict);
        Texts(played.Answer!).Should().Equal(TrueTexts(recording));
        string.Concat(played.Chunks.Where(chunk => chunk is { PromptIndex: 0, ChoiceIndex: 0 }).Select(chunk => chunk.Text)).Should().Be(played.Answer!.Text);
        outcome.Notes.Should().NotContain(note => note.Kind == OutcomeNoteKind.OddFields || note.Kind == OutcomeNoteKind.UnexpectedChoices);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_was_refused_is_a_typed_failure(RecordedPath path)
    {
        Recording recording = Recordings.At(path);

        PlayedText played = await PlayedText.RunAsync(CannedServer.Replaying(recording), Request(recording));

        var failure = played.Failure.Should().BeOfType<VllmRequestException>().Subject;
        output.WriteLine($"{path}: {failure.Message}");
        failure.Failure.Should().Be(FailureOf(recording));
        (failure.ContextRefusal?.ContextWindow ?? 2048).Should().Be(2048, "no other number is the window, whatever the server calls it");
    }

    private static RequestFailure FailureOf(Recording recording) => recording.Exchange.Name switch
    {
        // 0.8.5 and 0.11.0 call their own fault the caller's.
        "no-max-tokens" when recording.Path.Contains("0.20.2", StringComparison.Ordinal) => RequestFailure.ServerError,
        "error-unknown-model-whole" or "error-unknown-model" => RequestFailure.ModelNotFound,
        "length-of-window" or "length-of-window-whole" => RequestFailure.ContextWindowExceeded,
        var name when name.Contains("too-long", StringComparison.Ordinal) || name.Contains("cap-over-window", StringComparison.Ordinal) => RequestFailure.ContextWindowExceeded,
        _ => RequestFailure.BadRequest,
    };

    private static TextRequest Request(Recording recording) =>
        RecordedTextRequest.FromBody(recording.Asked) with { OnIncompleteStream = IncompleteStreamBehavior.Report };

    private static (StreamVerdict Verdict, Certainty Certainty) Expected(Recording recording) => recording.Ended! switch
    {
        // Its beams were all as long as they may be, and the server says so.
        _ when recording.Exchange.Name == "beam-whole" => (StreamVerdict.LengthLimited, Certainty.Declared),
        "engine died" => (StreamVerdict.ServerError, Certainty.Observed),
        var cut when cut.StartsWith("output cap reached", StringComparison.Ordinal) || cut == "context window full" => (StreamVerdict.LengthLimited, Certainty.Declared),
        _ => (StreamVerdict.Completed, Certainty.Declared),
    };

    private static int ChoicesAsked(Recording recording)
    {
        JsonObject body = recording.Asked;
        int prompts = body["prompt"] is JsonArray list && list[0] is not JsonValue { } ? list.Count : body.Texts("prompt") is { Length: > 0 } texts && !body.Ints("prompt").Any(id => id > 0) ? texts.Length : 1;
        return prompts * (body.Int("n") ?? 1);
    }

    private static string[] Texts(TextAnswer answer) => [.. answer.Choices.OrderBy(choice => choice.PromptIndex).ThenBy(choice => choice.ChoiceIndex).Select(choice => choice.Text)];

    // What the server sent, read off the bytes without the adapter.
    private static IEnumerable<string> TrueTexts(Recording recording)
    {
        SortedDictionary<int, StringBuilder> texts = [];
        string body = Encoding.UTF8.GetString(recording.Body);
        IEnumerable<string> events = body.StartsWith('{') ? [body] : body.Split("\n\n").Where(block => block.StartsWith("data: {", StringComparison.Ordinal)).Select(block => block["data: ".Length..]);
        foreach (JsonObject choice in events.SelectMany(json => (JsonNode.Parse(json)!["choices"] as JsonArray ?? []).OfType<JsonObject>()))
        {
            int index = choice.Int("index")!.Value;
            if (!texts.ContainsKey(index))
                texts[index] = new StringBuilder();
            texts[index].Append(choice.Text("text"));
        }

        return texts.Values.Select(text => text.ToString());
    }
}
