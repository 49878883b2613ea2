using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>One chat turn to ask of a vLLM server: the conversation so far and how to continue it.</summary>
/// <remarks>
/// Immutable, so an instance may be kept, varied with <c>with</c> and sent from several threads at once; the JSON
/// objects it refers to (<see cref="Extra"/>, template and media arguments) must not be changed meanwhile. Only what is
/// set is sent: everything left null is the server's to decide.
/// </remarks>
/// <example>
/// <code>
/// var request = new ChatRequest
/// {
///     Messages = [VllmMessage.System("Answer in one sentence."), VllmMessage.User("Tell me about llamas.")],
///     MaxTokens = 512,
///     Sampling = new() { Temperature = 0.2 },
/// };
/// </code>
/// </example>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record ChatRequest
{
    private readonly EqualJson _extra;

    /// <summary>The served model or LoRA adapter to use.</summary>
    /// <value>Null (default): the adapter's own model, and without one the first model that the server serves.</value>
    public string? Model { get; init; }

    /// <summary>The conversation so far, oldest message first.</summary>
    /// <value>At least one message, unless <see cref="Extra"/> carries <c>messages</c>.</value>
    public required IReadOnlyList<VllmMessage> Messages { get; init => field = ValueList<VllmMessage>.Of(value); }

    /// <summary>How many tokens each answer may have, reasoning included.</summary>
    /// <value>1 or more; null (default): what is left of the context window, or the model's own default.</value>
    /// <remarks>
    /// Sent as <c>max_tokens</c>: every vLLM version, router and gateway knows it, while the newer
    /// <c>max_completion_tokens</c> is known to vLLM since 0.6.4 only and would be ignored in silence before. A
    /// <c>max_completion_tokens</c> in <see cref="Extra"/> outranks it on the server. A value that does not fit the
    /// window next to the prompt is refused by vLLM 0.8.5 and quietly lowered by 0.32.0.
    /// </remarks>
    public int? MaxTokens { get; init; }

    /// <summary>How many answers to generate (<c>n</c>).</summary>
    /// <value>1 or more; null (default): 1. More than one is refused together with temperature 0.</value>
    public int? ChoiceCount { get; init; }

    /// <summary>How tokens are drawn and what stops them.</summary>
    /// <value>Null (default): the generation defaults of the server and the model.</value>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>The tools that the model may call.</summary>
    /// <value>
    /// Empty (default): none; the field is then left out, for vLLM refuses an empty list since about 0.20. Two of one name are refused before
    /// anything is sent.
    /// </value>
    public IReadOnlyList<ToolDefinition> Tools { get; init => field = ValueList<ToolDefinition>.Of(value); } = ValueList<ToolDefinition>.Empty;

    /// <summary>Whether and which tool the model has to call.</summary>
    /// <value>
    /// Null (default): the server's rule, which is <see cref="VllmAdapter.ToolChoice.Auto"/> when there are tools.
    /// </value>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether one answer may hold several tool calls.</summary>
    /// <value>
    /// Null (default): true. False is honoured since vLLM 0.12; the model still generates further calls, and the server
    /// leaves them out.
    /// </value>
    /// <remarks>Wire field: <c>parallel_tool_calls</c>.</remarks>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>The shape that the answer must have.</summary>
    /// <value>Null (default): free text.</value>
    /// <remarks>Wire fields: <c>response_format</c> for JSON, <c>structured_outputs</c> for everything else.</remarks>
    public StructuredOutput? Output { get; init; }

    /// <summary>Whether and how long the model reasons before it answers.</summary>
    /// <value>Null (default): as the model's chat template has it.</value>
    public ReasoningSettings? Reasoning { get; init; }

    /// <summary>How the messages become the prompt, how much of it is kept, and what is reported about it.</summary>
    /// <value>Null (default): by the model's own chat template; nothing is cut and nothing reported.</value>
    /// <remarks>
    /// Wire fields: <c>chat_template_kwargs</c>, <c>chat_template</c>, <c>documents</c>, <c>continue_final_message</c>, <c>add_generation_prompt</c>,
    /// <c>add_special_tokens</c>, <c>echo</c>, <c>truncate_prompt_tokens</c>, <c>truncation_side</c>, <c>prompt_logprobs</c>, <c>return_prompt_text</c>.
    /// </remarks>
    public PromptOptions? Prompt { get; init; }

    /// <summary>How images, audio and video in the messages are read and processed.</summary>
    /// <value>Null (default): as the server is set up.</value>
    /// <remarks>Wire fields: <c>media_io_kwargs</c>, <c>mm_processor_kwargs</c>.</remarks>
    public MediaOptions? Media { get; init; }

    /// <summary>Whether the answer comes with the probabilities of its tokens.</summary>
    /// <value>Null (default): without.</value>
    public LogprobOptions? Logprobs { get; init; }

    /// <summary>How the serving engine treats the request: scheduling, caching, hand-over between engines.</summary>
    /// <value>Null (default): like any other.</value>
    /// <remarks>
    /// Wire fields: <c>priority</c>, <c>cache_salt</c>, <c>stream_interval</c>, <c>return_token_ids</c>, <c>kv_transfer_params</c>,
    /// <c>ec_transfer_params</c>, <c>vllm_xargs</c>.
    /// </remarks>
    public ServingOptions? Serving { get; init; }

    /// <summary>When a streamed reply reports the tokens spent.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public UsageReporting? UsageReporting { get; init; }

    /// <summary>Whether the server streams its reply or sends it whole.</summary>
    /// <value>
    /// True (default): chunk by chunk as it is generated. Prefer this: a stalled server shows early, and what a cut answer had is kept. False: in one
    /// piece once it is finished; choose it where the server's streaming tool parser loses calls that its other parser keeps (vLLM 0.32.0 with
    /// phi4_mini_json, or granite with a required call). Nothing is seen before the end.
    /// </value>
    public bool Stream { get; init; } = true;

    /// <summary>When to stop reading the reply.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IStreamTerminationPolicy? Termination { get; init; }

    /// <summary>What to do when the reply does not end the way an answer ends.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IncompleteStreamBehavior? OnIncompleteStream { get; init; }

    /// <summary>What to do when a stream has begun but does not deliver its answer.</summary>
    /// <value>Null (default): nothing; the outcome says what happened.</value>
    public StreamRecovery? Recovery { get; init; }

    /// <summary>Who the request is made for, in the caller's own terms.</summary>
    /// <value>Null (default): not sent. vLLM ignores it; gateways account by it.</value>
    public string? User { get; init; }

    /// <summary>The HTTP headers of this request.</summary>
    /// <value>Null (default): only what the adapter itself sends.</value>
    public RequestHeaders? Headers { get; init; }

    /// <summary>Further fields of the body, for what this version has no property for.</summary>
    /// <value>Null (default): none.</value>
    /// <remarks>
    /// Merged at the top level of the body, never under "extra_body", and with the last word: a name that a property
    /// has written too is replaced whole, by null as well. vLLM silently ignores names that it does not know.
    /// Only <c>stream</c> is not free: it has to agree with <see cref="Stream"/>.
    /// </remarks>
    public JsonObject? Extra { get => _extra.Json; init => _extra = new(value); }

    /// <summary>Whether the request is sent as it is, even if every vLLM is known to refuse it, or some version is known to crash on it for all its users.</summary>
    /// <value>
    /// False (default): an <see cref="ArgumentException"/> says what is wrong, with the member and its range, before anything is sent. Refused is what
    /// every vLLM from 0.8.5 to 0.33.0 refuses (a number out of its range, a tool choice without tools, an empty stop text), also in
    /// <see cref="Extra"/>; what one of them takes or ignores is left to the server. Refused is also what ends a server: a <c>structured_outputs</c>
    /// that asks for nothing, two kinds of constraint together, a grammar that no backend compiles; and a <c>response_format</c> of type <c>text</c>,
    /// which means nothing, is left out. True: for a server that is known to take it.
    /// </value>
    public bool SendUnchecked { get; init; }

    /// <summary>A request that consists of one user message.</summary>
    /// <param name="prompt">What the user says.</param>
    public static ChatRequest FromPrompt(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new ChatRequest { Messages = [VllmMessage.User(prompt)] };
    }

    /// <summary>What the request consists of, in counts and lengths, not what it says: conversations do not belong in logs.</summary>
    public override string ToString() => RequestWords.Of(this);

    /// <summary>The request as JSON, to be kept and read again (<see cref="Parse"/>).</summary>
    /// <remarks>
    /// <para>
    /// The wire's fields as they are set, <c>messages</c> first of all, and under <c>vllm_adapter</c> what the wire has no field for. It is not a request body:
    /// what the adapter's options add is not in it. <c>JsonSerializer.Serialize(request)</c> writes the same, and of
    /// <c>request.Messages</c> an OpenAI <c>messages</c> array.
    /// </para>
    /// <para>
    /// Of a call in the history its id, name and arguments are written. Half of a surrogate pair, which is not text, becomes the replacement character, as
    /// when it is sent.
    /// </para>
    /// </remarks>
    /// <exception cref="NotSupportedException">
    /// It holds what cannot be written, and the message names it: <see cref="Termination"/>, which is code; a key in <see cref="Headers"/>; a number that
    /// JSON does not have.
    /// </exception>
    public string ToJson() => ChatRequestJson.ToText(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote, a request body, or an OpenAI <c>messages</c> array alone.</summary>
    /// <param name="json">The text.</param>
    /// <returns>
    /// An equal request. Fields that are not known are in its <see cref="Extra"/>, and sent with it; without a <c>stream</c> the reply is streamed.
    /// </returns>
    /// <exception cref="JsonException">The text is none of these; the message names the place.</exception>
    public static ChatRequest Parse([StringSyntax(StringSyntaxAttribute.Json)] string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return SavedJson.Read(json, "a saved request", ChatRequestReading.Read);
    }

    /// <summary>The request for the next turn: the same, with further messages at the end.</summary>
    /// <param name="messages">What was said since, oldest first.</param>
    public ChatRequest With(params VllmMessage[] messages) => With((IEnumerable<VllmMessage>)messages);

    /// <inheritdoc cref="With(VllmMessage[])"/>
    public ChatRequest With(IEnumerable<VllmMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this with { Messages = [.. Messages, .. messages] };
    }

    /// <summary>The request for the next turn: the same, with what the model answered and what the tools returned.</summary>
    /// <param name="turn">How the turn ended. Of several choices, choice 0 is taken.</param>
    /// <param name="results">
    /// The results of the turn's calls. A call that is left without one is answered with its problems, or with the fact that it was not run.
    /// </param>
    /// <remarks>
    /// Only what can be replayed enters: a withheld call does not, nor does a result for it, and a call without arguments has <c>{}</c>.
    /// A turn in which the model said nothing and called nothing adds no message. The text of the turn is known for outcomes of this
    /// adapter's streams, not for those that <see cref="OutcomeJudge"/> made of evidence alone.
    /// </remarks>
    /// <exception cref="ArgumentException">A result belongs to no call of the turn.</exception>
    public ChatRequest With(StreamOutcome turn, params ToolMessage[] results) => With(turn, keepReasoning: true, results);

    /// <inheritdoc cref="With(StreamOutcome, ToolMessage[])"/>
    public ChatRequest With(StreamOutcome turn, IEnumerable<ToolMessage> results) => With(turn, keepReasoning: true, results);

    /// <inheritdoc cref="With(StreamOutcome, ToolMessage[])" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="turn">How the turn ended. Of several choices, choice 0 is taken.</param>
    /// <param name="keepReasoning">
    /// Whether the turn's reasoning is sent back, under the name that they came with; the chat template decides what the model sees of them. False is
    /// for servers in between that refuse the field, or keeps requests small.
    /// </param>
    /// <param name="results">The results of the turn's calls.</param>
    public ChatRequest With(StreamOutcome turn, bool keepReasoning, IEnumerable<ToolMessage> results)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(results);
        return With(ChatHistory.Of(Messages, turn, keepReasoning, results));
    }

    /// <inheritdoc cref="With(StreamOutcome, ToolMessage[])" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="turn">What the model answered. Of several choices, choice 0 is taken.</param>
    /// <param name="results">The results of the turn's calls.</param>
    public ChatRequest With(ChatAnswer turn, params ToolMessage[] results) => With(turn, (IEnumerable<ToolMessage>)results);

    /// <inheritdoc cref="With(ChatAnswer, ToolMessage[])"/>
    public ChatRequest With(ChatAnswer turn, IEnumerable<ToolMessage> results)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return With(turn.OutcomeWithText, results);
    }

    /// <summary>
    /// The request for the next turn when calls of this one cannot be used: as <see cref="With(StreamOutcome, ToolMessage[])"/> without
    /// results, and the model is told in words what was wrong with the withheld calls.
    /// </summary>
    /// <param name="turn">How the turn ended.</param>
    /// <remarks>
    /// A withheld call may have no id, and it holds arguments that cannot be replayed, so it never enters the history. The words join the last message
    /// where a user message of their own would break the order of roles that some chat templates insist on.
    /// </remarks>
    public ChatRequest Correcting(StreamOutcome turn)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return ToolHistory.After(this, turn, keepReasoning: true, [], TurnUses.WordsFor(turn));
    }

    /// <inheritdoc cref="Correcting(StreamOutcome)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="turn">What the model answered.</param>
    public ChatRequest Correcting(ChatAnswer turn)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return Correcting(turn.OutcomeWithText);
    }

    /// <summary>The request that lets the model continue where its answer broke off.</summary>
    /// <param name="cut">How the answer to this request ended, as the adapter's stream gave it; read from JSON it has no text.</param>
    /// <remarks>
    /// Its answer begins where the text received ends. Max tokens are lowered by what was spent; raise <see cref="MaxTokens"/> first to
    /// continue an answer that max tokens had cut. If nothing was received, it is the same request. Templates that trim messages (Llama 3's)
    /// let the model write the white space at the seam again; <see cref="StreamRecovery.Continue"/> takes care of that.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The answer cannot be continued: it has several choices, a tool call, an output format, unfinished reasoning, or no tokens left.
    /// </exception>
    public ChatRequest Continuing(StreamOutcome cut)
    {
        ArgumentNullException.ThrowIfNull(cut);
        return Continuation.Obstacle(this, cut) is { } obstacle
            ? throw new ArgumentException($"The answer cannot be continued: {obstacle}. Ask again from the start.", nameof(cut))
            : Continuation.Of(this, cut);
    }

    /// <inheritdoc cref="Continuing(StreamOutcome)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="cut">What was received of the answer to this request.</param>
    public ChatRequest Continuing(ChatAnswer cut)
    {
        ArgumentNullException.ThrowIfNull(cut);
        return Continuing(cut.OutcomeWithText);
    }
}
