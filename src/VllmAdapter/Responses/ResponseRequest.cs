using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>What to ask of <c>/v1/responses</c> (vLLM 0.10 and later; a model that generates): the conversation, or the response it goes on from.</summary>
/// <remarks>
/// Immutable, thread-safe and reusable, as are the values put into it; what has a JSON node in it (<see cref="Extra"/>, <see cref="Serving"/>) must not be changed
/// meanwhile. Only what is set is sent.
/// </remarks>
/// <example>
/// <code>
/// ChatStream stream = adapter.StreamResponseAsync(new ResponseRequest
/// {
///     Instructions = "Answer in one sentence.",
///     Input = [VllmMessage.User("What is a llama?")],
///     MaxOutputTokens = 200,
/// });
///
/// await foreach (ChatChunk chunk in stream)
///     Console.Write(chunk.Text);
///
/// Console.WriteLine(stream.Outcome.Explain());
/// </code>
/// </example>
public sealed record ResponseRequest
{
    private readonly EqualJson _extra;

    /// <summary>The served model or LoRA adapter to ask.</summary>
    /// <value>Null (default): the adapter's own model, and without one the first model that the server serves.</value>
    public string? Model { get; init; }

    /// <summary>The conversation so far, oldest message first, or what is new in it since <see cref="PreviousResponseId"/>.</summary>
    /// <value>
    /// At least one message, unless <see cref="Extra"/> carries <c>input</c>. A call and its result become the items <c>function_call</c> and
    /// <c>function_call_output</c>; the reasoning of past turns is not sent.
    /// </value>
    public required IReadOnlyList<VllmMessage> Input { get; init => field = ValueList<VllmMessage>.Of(value); }

    /// <summary>What the model is told before the conversation. With <see cref="PreviousResponseId"/> it replaces that of the response before.</summary>
    /// <value>Null (default): nothing.</value>
    public string? Instructions { get; init; }

    /// <summary>How many tokens the answer may have, reasoning included.</summary>
    /// <value>1 or more. Null (default): as many as the context window has room for.</value>
    public int? MaxOutputTokens { get; init; }

    /// <summary>How tokens are drawn and what stops them.</summary>
    /// <value>Null (default): the generation defaults of the server and the model.</value>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>The tools that the model may call. vLLM 0.11.0 takes none but for gpt-oss.</summary>
    /// <value>None (default).</value>
    public IReadOnlyList<ToolDefinition> Tools { get; init => field = ValueList<ToolDefinition>.Of(value); } = ValueList<ToolDefinition>.Empty;

    /// <summary>Whether and which tool the model has to call.</summary>
    /// <value>Null (default): as the server has it, which is <see cref="ToolChoice.Auto"/> where there are tools.</value>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether the model may call several tools at once. Heeded since vLLM 0.31.</summary>
    /// <value>Null (default): it may.</value>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>The shape that the answer must have.</summary>
    /// <value>Null (default): free text.</value>
    /// <remarks>Wire fields: <c>text.format</c> for JSON, <c>structured_outputs</c> for everything else.</remarks>
    public StructuredOutput? Output { get; init; }

    /// <summary>How hard the model should reason, for models whose template reads it.</summary>
    /// <value>Null (default): not sent.</value>
    public ReasoningLevel? ReasoningEffort { get; init; }

    /// <summary>How many of the likeliest alternatives to report with each token of the answer.</summary>
    /// <value>0 or more; null (default): no log probabilities.</value>
    public int? TopLogprobs { get; init; }

    /// <summary>The response that this one goes on from (<see cref="ChatAnswer.Id"/>).</summary>
    /// <value>
    /// Null (default): none. It takes a server with <c>VLLM_ENABLE_RESPONSES_API_STORE=1</c>, and the very process that answered before: behind a load balancer send
    /// the conversation instead (<see cref="With(ChatAnswer, ToolMessage[])"/>).
    /// </value>
    public string? PreviousResponseId { get; init; }

    /// <summary>Whether the server keeps the response for <see cref="PreviousResponseId"/>: in memory, and for ever.</summary>
    /// <value>Null (default): true, which servers ignore that were not started with <c>VLLM_ENABLE_RESPONSES_API_STORE=1</c>.</value>
    public bool? Store { get; init; }

    /// <summary>How the serving engine treats the request: scheduling, caching, hand-over between engines.</summary>
    /// <value>Null (default): like any other.</value>
    public ServingOptions? Serving { get; init; }

    /// <summary>Whether the server streams its reply or sends it whole.</summary>
    /// <value>True (default).</value>
    public bool Stream { get; init; } = true;

    /// <summary>When to stop reading the reply.</summary>
    /// <value>Null (default): as the adapter's options say. The terminal event counts as the sentinel <c>[DONE]</c>, which this route does not send.</value>
    public IStreamTerminationPolicy? Termination { get; init; }

    /// <summary>What to do when the reply does not end as an answer ends.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IncompleteStreamBehavior? OnIncompleteStream { get; init; }

    /// <summary>Who the request is made for, in the caller's own terms.</summary>
    /// <value>Null (default): not sent.</value>
    public string? User { get; init; }

    /// <summary>The HTTP headers of this request.</summary>
    /// <value>Null (default): only what the adapter itself sends.</value>
    public RequestHeaders? Headers { get; init; }

    /// <summary>
    /// Further fields of the body, merged at its top level and with the last word; only <c>stream</c> has to agree with <see cref="Stream"/>. Tools that the server itself
    /// runs and items of other kinds go here (<c>tools</c>, <c>input</c>).
    /// </summary>
    /// <value>Null (default): none.</value>
    public JsonObject? Extra { get => _extra.Json; init => _extra = new(value); }

    /// <summary>Whether the request is sent as it is, even if every vLLM is known to refuse it, or some version to end on it.</summary>
    /// <value>False (default): an <see cref="ArgumentException"/> says what is wrong, with the member and its range, before anything is sent.</value>
    public bool SendUnchecked { get; init; }

    /// <summary>A request with one question.</summary>
    /// <param name="prompt">What the user says.</param>
    public static ResponseRequest FromPrompt(string prompt) => new() { Input = [VllmMessage.User(prompt)] };

    /// <summary>The request for the next turn: the same, with further messages at the end.</summary>
    /// <param name="messages">What was said since, oldest first.</param>
    public ResponseRequest With(params VllmMessage[] messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this with { Input = [.. Input, .. messages] };
    }

    /// <summary>The request for the next turn: the same, with what the model answered and what the tools gave back.</summary>
    /// <param name="turn">What the model answered.</param>
    /// <param name="results">
    /// The results of the turn's calls. A call that is left without one is answered with its problems, or with the fact that it was not run.
    /// </param>
    /// <remarks>
    /// Only what can be replayed enters: a withheld call does not. With a <see cref="PreviousResponseId"/>, which holds the past already, set that to the id of the turn
    /// and <see cref="Input"/> to what is new instead.
    /// </remarks>
    /// <exception cref="ArgumentException">A result belongs to no call of the turn.</exception>
    public ResponseRequest With(ChatAnswer turn, params ToolMessage[] results)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(results);
        return With([.. ChatHistory.Of(Input, turn.OutcomeWithText, keepReasoning: false, results)]);
    }

    /// <summary>What the request consists of, in counts, not what it says.</summary>
    public override string ToString() =>
        $"Response request: {OutcomeNotes.Count(Input.Count, "message")}{(Model is { } model ? $", model {model}" : "")}"
        + $"{(MaxOutputTokens is { } most ? $", at most {OutcomeNotes.Count(most, "token")}" : "")}{(Stream ? "" : ", not streamed")}";
}
