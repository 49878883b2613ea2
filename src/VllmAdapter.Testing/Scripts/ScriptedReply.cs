using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What the server does for one request, in the order in which it does it. Start one with <see cref="Script"/>.</summary>
/// <remarks>
/// Immutable: every method returns a longer script and leaves this one as it was, so scripts can be shared and continued in several ways.
/// A script is literal: nothing is sent that it does not say, but for the role chunk with which vLLM opens every choice.
/// Only after <see cref="Script.Model"/> the server adds what vLLM adds.
/// </remarks>
/// <example>
/// <code>
/// Script.Says("Hel", "lo").Finishes("stop").Uses(prompt: 10, completion: 2).Done()
/// Script.Calls("get_weather", "{\"city\":", " \"Par").Cuts()
/// </code>
/// </example>
public sealed record ScriptedReply
{
    internal ScriptedReply()
    {
    }

    internal ImmutableArray<ScriptStep> Steps { get; init; } = [];

    internal WireEnding? Ending { get; init; }

    internal bool EndsBeforeHeaders { get; init; }

    internal bool IsModel { get; init; }

    internal bool HasRoleChunk { get; init; } = true;

    internal int? CountsFrom { get; init; }

    internal TimeSpan Pace { get; init; }

    internal bool IsUnterminated { get; init; }

    internal string LineEnd { get; init; } = "\n";

    internal ImmutableArray<int> PieceSizes { get; init; } = [];

    internal TimeSpan HeaderDelay { get; init; }

    internal int Status { get; init; } = 200;

    internal bool IsWhole { get; init; }

    internal bool IsPlainHttp { get; init; }

    internal string? ContentType { get; init; }

    internal ImmutableArray<KeyValuePair<string, string>> ExtraHeaders { get; init; } = [];

    internal WireReply? Recorded { get; init; }

    internal int CurrentChoice { get; init; }

    /// <summary>Text, one content delta for each piece.</summary>
    public ScriptedReply Says(params string[] pieces) => Then(pieces.Select(piece => new ScriptStep.Say(CurrentChoice, piece)));

    /// <summary>Reasoning, one delta for each piece, in the field that the server's version uses for it.</summary>
    public ScriptedReply Reasons(params string[] pieces) => Then(pieces.Select(piece => new ScriptStep.ReasoningPart(CurrentChoice, piece)));

    /// <summary>A tool call: one delta with id and name, then one for each fragment of the arguments. No fragment, no arguments.</summary>
    public ScriptedReply Calls(string name, params string[] argumentFragments)
    {
        int index = NextCallIndex();
        return CallsAs($"chatcmpl-tool-{CurrentChoice:x8}{index:x8}", name, argumentFragments);
    }

    /// <summary>A tool call with an id of your own; null leaves the id out, as vLLM 0.8.5 does for a named tool choice.</summary>
    public ScriptedReply CallsAs(string? id, string name, params string[] argumentFragments)
    {
        int index = NextCallIndex();
        return Then(new ScriptStep.CallPart(CurrentChoice, index, id, name, Arguments: null))
            .Then(argumentFragments.Select(fragment => new ScriptStep.CallPart(CurrentChoice, index, Id: null, Name: null, fragment)));
    }

    /// <summary>One tool-call delta exactly as given, for the shapes that servers and gateways really send.</summary>
    /// <param name="index">The index of the call; null leaves it out.</param>
    /// <param name="id">The id; null leaves it out.</param>
    /// <param name="name">The name; null leaves it out.</param>
    /// <param name="arguments">A fragment of the arguments; null leaves it out.</param>
    public ScriptedReply CallDelta(int? index, string? id = null, string? name = null, string? arguments = null) =>
        Then(new ScriptStep.CallPart(CurrentChoice, index, id, name, arguments));

    /// <summary>What follows belongs to this choice; the first one is 0.</summary>
    /// <exception cref="InvalidOperationException">After <see cref="Script.Model"/>, where every choice says the same.</exception>
    public ScriptedReply Choice(int index) => Literal(nameof(Choice)) with { CurrentChoice = index };

    /// <summary>The choice declares how it ended.</summary>
    /// <param name="reason">The server's word: <c>stop</c>, <c>length</c>, <c>tool_calls</c>, <c>abort</c> or any other; null and "" are sent as such.</param>
    /// <param name="saying">A last piece of text in the same chunk.</param>
    /// <param name="arguments">A last fragment of the last call's arguments in the same chunk.</param>
    /// <param name="stopReason">The stop string or stop token that ended it.</param>
    public ScriptedReply Finishes(string? reason, string? saying = null, string? arguments = null, JsonNode? stopReason = null) =>
        Then(new ScriptStep.Finish(CurrentChoice, reason, stopReason, (saying, arguments) switch
        {
            (not null, null) => new ScriptStep.Say(CurrentChoice, saying),
            (null, not null) => new ScriptStep.CallPart(CurrentChoice, Math.Max(0, NextCallIndex() - 1), Id: null, Name: null, arguments),
            (null, null) => null,
            _ => throw new ArgumentException("The last chunk carries text or arguments, not both.", nameof(arguments)),
        }));

    /// <summary>The usage chunk: no choices, only counts.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="completion">Tokens of all choices together.</param>
    /// <param name="reasoning">How many of them were reasoning, which vLLM reports since 0.28.</param>
    /// <exception cref="InvalidOperationException">After <see cref="Script.Model"/>, where the server counts.</exception>
    public ScriptedReply Uses(int prompt, int completion, int? reasoning = null) => Literal(nameof(Uses)).Then(new ScriptStep.Usage(prompt, completion, reasoning));

    /// <summary>Every chunk of the script carries usage, counting one token for each delta (<c>continuous_usage_stats</c>).</summary>
    /// <exception cref="InvalidOperationException">After <see cref="Script.Model"/>, where the server counts.</exception>
    public ScriptedReply CountsEveryChunk(int prompt) => Literal(nameof(CountsEveryChunk)) with { CountsFrom = prompt };

    /// <summary>The error event of an engine that died, in the words of the server's version. vLLM sends <c>[DONE]</c> after it: add <see cref="Done"/>.</summary>
    public ScriptedReply Fails() => Then(new ScriptStep.Failure(Fault: null));

    /// <summary>An error event.</summary>
    /// <param name="message">The server's sentence.</param>
    /// <param name="code">The status that it claims.</param>
    /// <param name="type">The kind of error, as the server names it.</param>
    public ScriptedReply Fails(string message, int code = 500, string type = "InternalServerError") =>
        Then(new ScriptStep.Failure(new ServerFault(message, type, code)));

    /// <summary>The sentinel <c>data: [DONE]</c>.</summary>
    public ScriptedReply Done() => Then(new ScriptStep.Done());

    /// <summary>An event with exactly this data.</summary>
    /// <exception cref="InvalidOperationException">After <see cref="Script.Model"/>, where the server writes the events.</exception>
    public ScriptedReply Event(string data) => Literal(nameof(Event)).Then(new ScriptStep.Event(data));

    /// <summary>A comment line, which shows that the socket lives and nothing else.</summary>
    public ScriptedReply KeepsAlive(string comment = "keep-alive") => Then(new ScriptStep.Comment(comment));

    /// <summary>Text that goes into the body as it is, with no framing around it.</summary>
    /// <exception cref="InvalidOperationException">After <see cref="Script.Model"/>, where the server writes the body.</exception>
    public ScriptedReply Sends(string text) => Sends(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes that go into the body as they are.</summary>
    /// <exception cref="InvalidOperationException">After <see cref="Script.Model"/>, where the server writes the body.</exception>
    public ScriptedReply Sends(ReadOnlyMemory<byte> bytes) => Literal(nameof(Sends)).Then(new ScriptStep.Raw(bytes));

    /// <summary>Time passes on the server's clock before what follows.</summary>
    public ScriptedReply Pauses(TimeSpan length) => Then(new ScriptStep.Pause(length));

    /// <summary>What follows waits until the task is done: a test decides when, without a clock.</summary>
    public ScriptedReply WaitsFor(Task opens) => Then(new ScriptStep.Gate(opens));

    /// <summary>Time passes before every chunk, as if each token took that long.</summary>
    public ScriptedReply Paced(TimeSpan perChunk) => this with { Pace = perChunk };

    /// <summary>The connection is closed here, inside the body: no last chunk, or fewer bytes than announced.</summary>
    public ScriptedReply Cuts() => this with { Ending = WireEnding.Cut };

    /// <summary>The connection is reset here.</summary>
    public ScriptedReply Resets() => this with { Ending = WireEnding.Reset };

    /// <summary>Nothing more comes and the connection stays open, as vLLM does after SIGTERM, until the client leaves.</summary>
    public ScriptedReply GoesSilent() => this with { Ending = WireEnding.Silent };

    /// <summary>The script's ending comes in place of a response: not even headers are sent.</summary>
    public ScriptedReply BeforeHeaders() => this with { EndsBeforeHeaders = true };

    /// <summary>Leaves out the role chunk with which vLLM opens every choice.</summary>
    public ScriptedReply WithoutRole() => this with { HasRoleChunk = false };

    /// <summary>The last event lacks the blank line that should end it.</summary>
    public ScriptedReply Unterminated() => this with { IsUnterminated = true };

    /// <summary>Lines of the event stream end with this: <c>\n</c> unless said, <c>\r\n</c> or <c>\r</c> behind some proxies.</summary>
    public ScriptedReply WithLineEnds(string lineEnd) => this with { LineEnd = lineEnd };

    /// <summary>The body arrives in pieces of these sizes, in bytes, whatever the events are; the last size repeats.</summary>
    public ScriptedReply InPiecesOf(params int[] sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Length == 0 || sizes.Min() < 1)
            throw new ArgumentException("Pieces have at least one byte, and there is at least one size.", nameof(sizes));
        return this with { PieceSizes = [.. sizes] };
    }

    /// <summary>Everything that is due at the same time arrives in one piece, as behind a buffering proxy.</summary>
    public ScriptedReply InOnePiece() => InPiecesOf(int.MaxValue);

    /// <summary>The reply comes whole, as one JSON object, even if the request asked for a stream.</summary>
    public ScriptedReply Whole() => this with { IsWhole = true };

    /// <summary>The status code of the reply.</summary>
    public ScriptedReply WithStatus(int status) => this with { Status = status };

    /// <summary>The content type of the reply, whatever the body is; null leaves the header out.</summary>
    public ScriptedReply WithContentType(string? contentType) => this with { ContentType = contentType ?? "" };

    /// <summary>One more response header.</summary>
    public ScriptedReply WithHeader(string name, string value) => this with { ExtraHeaders = ExtraHeaders.Add(new(name, value)) };

    /// <summary>The <c>Retry-After</c> header, in whole seconds.</summary>
    public ScriptedReply RetryAfter(TimeSpan delay) =>
        WithHeader("retry-after", Math.Ceiling(delay.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The headers come only after this time; vLLM itself sends them at once.</summary>
    public ScriptedReply HeadersAfter(TimeSpan delay) => this with { HeaderDelay = delay };

    internal ScriptedReply Then(ScriptStep step) => this with { Steps = Steps.Add(step) };

    // What a model cannot say would be left out without a word.
    private ScriptedReply Literal(string method) => IsModel
        ? throw new InvalidOperationException(
            $"{method} says what goes over the wire, which after Script.Model is the server's business. Leave {method} out, or begin the script with Script instead of Script.Model.")
        : this;

    private ScriptedReply Then(IEnumerable<ScriptStep> steps) => this with { Steps = Steps.AddRange(steps) };

    private int NextCallIndex() =>
        Steps.OfType<ScriptStep.CallPart>().Where(part => part.Choice == CurrentChoice).Select(part => part.Index ?? 0).DefaultIfEmpty(-1).Max() + 1;
}
