using System.Text;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>Literal evidence in the domain's words; every step gives a new one. What follows <see cref="Choice"/> is of that choice.</summary>
internal sealed record Evidence
{
    private StreamEvidence _seen = new();
    private SortedDictionary<int, ChoiceEvidence> _choices = [];
    private int _choice;
    private TerminationCause _cause = TerminationCause.EndOfBody;

    private Evidence()
    {
    }

    /// <summary>A stream with a choice that has said nothing yet.</summary>
    public static Evidence Of() => new Evidence().Change(choice => choice);

    /// <summary>A stream that was asked for several choices; none of them has come yet.</summary>
    public static Evidence OfChoices(int asked) => new Evidence().Asking(it => it with { ChoiceCount = asked });

    /// <summary>A stream of which nothing came.</summary>
    public static Evidence OfNothing() => new();

    /// <summary>A reply that came whole.</summary>
    public static Evidence OfWholeReply() => Of().With(seen => seen with { IsWholeReply = true }).EndsInOrder();

    public Evidence Choice(int index) => (this with { _choice = index }).Change(choice => choice);

    public Evidence Says(string text) => Change(choice => choice with
    {
        TextLength = choice.TextLength + text.Length,
        OutputBytes = choice.OutputBytes + Encoding.UTF8.GetByteCount(text),
    });

    public Evidence Reasons(string text) => Change(choice => choice with
    {
        ReasoningLength = choice.ReasoningLength + text.Length,
        OutputBytes = choice.OutputBytes + Encoding.UTF8.GetByteCount(text),
    });

    public Evidence Declines(string text) => Change(choice => choice with
    {
        RefusalLength = choice.RefusalLength + text.Length,
        OutputBytes = choice.OutputBytes + Encoding.UTF8.GetByteCount(text),
    });

    /// <summary>Audio, images.</summary>
    public Evidence Sounds() => Change(choice => choice with { HasOtherOutput = true });

    /// <summary>A call of the tool as markup in the text.</summary>
    public Evidence WritesACallOf(string tool) => Says("<tool_call>").Change(choice => choice with { CallMarkup = tool });

    /// <summary>Chunks of the choice, the first and the last without output among them.</summary>
    public Evidence InChunks(int chunks) => With(seen => seen with { Chunks = chunks, Events = chunks }).Change(choice => choice with { Chunks = chunks });

    public Evidence Calls(string? name, string arguments = "", string? id = "call-1") => Change(choice => choice with
    {
        ToolCalls = [.. choice.ToolCalls, new ToolCallEvidence { Id = id, Name = name, Arguments = arguments }],
    });

    public Evidence Declares(params string[] words) => Change(choice => choice with
    {
        Declared = [.. choice.Declared, .. words.Select(word => new FinishReason(word))],
    });

    public Evidence StopsAt(string stopReason) => Change(choice => choice with { StopReason = stopReason });

    /// <summary>All that was said was said after the reason, and no reason followed.</summary>
    public Evidence DeclaredTooEarly() => Change(choice => choice with { HasLateOutput = true, ReasonWasPremature = true });

    public Evidence SaysMoreAfterIt() => Change(choice => choice with { HasLateOutput = true });

    /// <summary>The trailing usage: of the whole request.</summary>
    public Evidence Uses(int prompt, int completion) => With(seen => seen with
    {
        Usage = new TokenUsage { PromptTokens = prompt, CompletionTokens = completion },
        UsageIsFinal = true,
    });

    /// <summary>Usage next to a piece of the choice, none after it.</summary>
    public Evidence UsesSoFar(int prompt, int completion) => With(seen => seen with
    {
        Usage = new TokenUsage { PromptTokens = prompt, CompletionTokens = completion },
    }).Change(choice => choice with { CompletionTokens = completion });

    /// <summary>Usage next to the finish reason of the choice.</summary>
    public Evidence UsesAtTheEnd(int prompt, int completion) =>
        UsesSoFar(prompt, completion).Change(choice => choice with { IsCountedAtEnd = true });

    public Evidence Capped(int tokens) => Asking(it => it with { MaxTokens = tokens });

    public Evidence InWindowOf(int tokens) => Asking(it => it with { ContextWindow = tokens });

    public Evidence MustCall() => Asking(it => it with { RequiresCall = true });

    public Evidence CappedByTheServer(int tokens) => Asking(it => it with { ServerMaxTokens = tokens });

    public Evidence IgnoresTheEndToken() => Asking(it => it with { IgnoresEndToken = true });

    public Evidence SkipsSpecialTokens() => Asking(it => it with { SkipsSpecialTokens = true });

    /// <summary>A server that names its version, and adds up the tokens of several choices right.</summary>
    public Evidence Versioned() => With(seen => seen with { SystemFingerprint = "vllm-0.32.0-d546c035" });

    /// <summary>A server of another make, which marks no end.</summary>
    public Evidence MarksNoEnd() => With(seen => seen with { SentinelExpected = false });

    public Evidence HidesReasoning() => Asking(it => it with { HidesReasoning = true });

    public Evidence Offering(params ToolSignature[] tools) => Asking(it => it with { Tools = tools });

    /// <summary>The sentinel, and with it the end.</summary>
    public Evidence Done() => With(seen => seen with { SentinelText = "[DONE]", SentinelSeen = true }).TerminatedBy(TerminationCause.Sentinel);

    public Evidence EndsInOrder() => With(seen => seen with { BodyEnd = BodyEnd.InOrder }).TerminatedBy(TerminationCause.EndOfBody);

    public Evidence EndsInsideAnEvent() => With(seen => seen with { BodyEnd = BodyEnd.InsideEvent }).TerminatedBy(TerminationCause.EndOfBody);

    public Evidence IsCut(string how = "Connection reset by peer.") =>
        With(seen => seen with { BodyEnd = BodyEnd.Cut, TransportError = how }).TerminatedBy(TerminationCause.Fault);

    public Evidence Fails(string message = "EngineCore encountered an issue.", int code = 500) => With(seen => seen with
    {
        Error = new ServerError { Message = message, CodeNumber = code, Code = $"{code}" },
    }).TerminatedBy(TerminationCause.Fault);

    public Evidence ChoiceFails(string message = "upstream timed out") =>
        Change(choice => choice with { Error = new ServerError { Message = message } });

    public Evidence IsGarbled(string why = "an event holds something other than a JSON object") =>
        With(seen => seen with { Malformation = why }).TerminatedBy(TerminationCause.Fault);

    public Evidence SilentFor(double seconds) => With(seen => seen with { SilentFor = TimeSpan.FromSeconds(seconds) });

    public Evidence TerminatedBy(TerminationCause cause) => this with { _cause = cause };

    public Evidence With(Func<StreamEvidence, StreamEvidence> change) => this with { _seen = change(_seen) };

    public StreamEvidence Build() => _seen with { Choices = [.. _choices.Values] };

    public StreamOutcome Judge() => OutcomeJudge.Decide(Build(), _cause);

    private Evidence Change(Func<ChoiceEvidence, ChoiceEvidence> change)
    {
        ChoiceEvidence choice = _choices.GetValueOrDefault(_choice) ?? new ChoiceEvidence { Index = _choice };
        return this with { _choices = new SortedDictionary<int, ChoiceEvidence>(_choices) { [_choice] = change(choice) } };
    }

    private Evidence Asking(Func<RequestEvidence, RequestEvidence> change) => With(seen => seen with { Request = change(seen.Request) });
}
