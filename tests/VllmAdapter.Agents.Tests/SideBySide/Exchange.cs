using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Agents.Tests.Recorded;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.SideBySide;

/// <summary>A recording and what a client made of it, in the questions that the table asks.</summary>
internal sealed class Exchange(Recording recording, PlayedRecording played)
{
    private readonly string? _verdict = recording.Expect.Text("verdict");
    private readonly string? _alsoRight = recording.Expect.Text("also_right");

    public bool IsRefusal => recording.Kind == "request-refused";

    public bool HasTools => !IsRefusal && (recording.Exchange.Request.Body as JsonObject)?.ContainsKey("tools") == true;

    public bool IsCut => IsVerdict("LengthLimited");

    public bool IsBroken => IsVerdict("ServerError", "Malformed", "Stalled", "Interrupted", "Aborted");

    public bool IsSilent => recording.Exchange.Response.SocketEnd == SocketEnd.Timeout;

    public bool IsWhole => IsVerdict("Completed");

    /// <summary>The server counted tokens, or promised calls, and delivered nothing.</summary>
    public bool IsLost => IsVerdict("Unconfirmed") && recording.Expect.Text("because") is { } because
        && (because.Contains("nothing was delivered", StringComparison.Ordinal) || because.Contains("no call", StringComparison.Ordinal));

    public bool EndedWell => played.Failure is null && played.Response is not null;

    public bool DidNotEnd => played.Failure is OperationCanceledException;

    public bool RanWhatMustNotRun => MiddlewareExpectation.WronglyRun(recording, played).Count > 0;

    public bool HasReadyCalls => HasTools && ToolRecordings.MayBeRun(recording).Any();

    public bool LeftAReadyCall => MiddlewareExpectation.NotRun(recording, played).Count > 0;

    /// <summary>The finish reason of a turn that is done, and nothing beside it.</summary>
    public bool LooksDone => EndedWell && played.Requests.Count == 1
        && played.Response!.FinishReason is { } reason && (reason == ChatFinishReason.Stop || reason == ChatFinishReason.ToolCalls);

    /// <summary>It ended well, and nothing in it tells that it was cut: the last turn decides, and a run that went on hides the first.</summary>
    public bool HidesItsCut => EndedWell && (played.Requests.Count > 1 || played.Response!.FinishReason != ChatFinishReason.Length);

    public bool IsCached => played.Cached > 0;

    public bool HasReasoning => !IsRefusal && recording.Expect.Object("reasoning")?.Text("0") is { Length: > 0 };

    public bool ShowsReasoning => played.Response?.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Any(thought => thought.Text.Length > 0) == true;

    public bool HasUsage => EndedWell && played.Requests.Count == 1 && recording.Expect.Int("completion_tokens") is not null;

    public bool CountsWrong => played.Response!.Usage?.OutputTokenCount is { } counted && counted != recording.Expect.Int("completion_tokens");

    public bool RanATool => played.Ran.Count > 0 && EndedWell;

    public bool LosesACall => MiddlewareExpectation.History(played).Any();

    public bool AnswersTwice => IsCached && played.Again is not null;

    private bool IsVerdict(params string[] verdicts) => !IsRefusal && verdicts.Contains(_verdict) && (_alsoRight is null || verdicts.Contains(_alsoRight));
}
