using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Brings an adapter and Microsoft.Extensions.AI together.</summary>
public static class VllmChatClientExtensions
{
    /// <summary>How often in a row a chat client lets the model correct calls that cannot be used, unless set otherwise.</summary>
    public const int DefaultMaxCorrections = 3;

    /// <summary>
    /// The key of <c>AdditionalProperties</c> under which responses, and the last update of a turn, hold their <see cref="StreamOutcome"/> as JSON
    /// (<see cref="StreamOutcome.ToJson"/>). Read it with <see cref="GetStreamOutcome(ChatResponse)"/>.
    /// </summary>
    public const string OutcomeKey = "vllm.outcome";

    /// <summary>The <see cref="ErrorContent.ErrorCode"/> of content that represents a tool call which must not be run.</summary>
    public const string UnusableToolCallErrorCode = "unusable_tool_call";

    /// <summary>The <see cref="ErrorContent.ErrorCode"/> of what the model says in place of an answer that it declines to give.</summary>
    public const string RefusalErrorCode = "Refusal";

    /// <summary>The <see cref="ErrorContent.ErrorCode"/> of what replaces a turn that a <see cref="TokenBudget"/> did not allow.</summary>
    public const string TokenBudgetErrorCode = "token_budget";

    /// <summary>
    /// The finish reason <c>unconfirmed</c>: nobody confirmed that the answer is whole (<see cref="StreamVerdict.Unconfirmed"/>). It is a word of its own,
    /// for without one the finish reason of an earlier turn would be taken for that of the last.
    /// </summary>
    public static ChatFinishReason UnconfirmedFinishReason { get; } = new("unconfirmed");

    /// <summary>The finish reason <c>stopped_by_policy</c>: a termination policy of the caller's ended the answer (<see cref="StreamVerdict.StoppedByPolicy"/>).</summary>
    public static ChatFinishReason StoppedByPolicyFinishReason { get; } = new("stopped_by_policy");

    /// <summary>Makes a chat client of the adapter.</summary>
    /// <param name="adapter">The adapter; the client does not own it, and disposing the client does nothing.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <param name="maxCorrections">How often in a row the model may correct calls that cannot be used, before they are reported as errors; 0 or more.</param>
    /// <remarks>
    /// <para>
    /// The client is thread-safe. It hands out a <see cref="FunctionCallContent"/> only for a call that is ready and fits its declaration, and only at the
    /// end of its turn: middleware may run whatever it sees. Numbers in quotes count as numbers. A call of a tool that was not declared is handed out too, if it
    /// is whole: middleware may have tools of its own, and answers by itself that there is none of this name. A call that is withheld, or does not fit, is
    /// shown as <see cref="ErrorContent"/> with the code <see cref="UnusableToolCallErrorCode"/>. If a turn has nothing but such calls, the client itself tells
    /// the model what was wrong and asks on within the same response, as a message with an id of its own.
    /// </para>
    /// <para>
    /// A stream that broke throws <see cref="IncompleteStreamException"/>, after everything received was handed out and whatever
    /// <see cref="IncompleteStreamBehavior"/> says: middleware takes a normal end for success. Of a stream that broke before it had words or thoughts to show,
    /// nothing is handed out, so that another client can be asked; the exception has what came. An answer cut by a token limit ends with
    /// <see cref="ChatFinishReason.Length"/>, one that nobody confirmed with <see cref="UnconfirmedFinishReason"/>. What the model says when it declines to
    /// answer comes as <see cref="ErrorContent"/> with the code <see cref="RefusalErrorCode"/>, and is not asked for again.
    /// </para>
    /// <para>
    /// Each update says of which reply it is (<see cref="ChatResponseUpdate.ResponseId"/>, message, model and time, as the server gives them). The last one is
    /// empty but for the finish reason and the outcome, and belongs to no message: so the outcome stays out of histories, and is there after a cache hit.
    /// </para>
    /// <para>
    /// Text, images, audio and video go through, also from tools. What vLLM has no place for is refused with <see cref="NotSupportedException"/>, for the model
    /// would answer as if it had not been there: other content such as a PDF, tools that a provider runs (<c>HostedWebSearchTool</c>), a
    /// <see cref="ChatOptions.ConversationId"/>, a continuation token. Of a history, a call enters together with its result or not at all.
    /// </para>
    /// <para><see cref="ChatOptions.RawRepresentationFactory"/> may give a <see cref="ChatRequest"/> to start from; what it sets comes before the options.</para>
    /// </remarks>
    public static IChatClient AsIChatClient(
        this VllmInferenceAdapter adapter, string? model = null, int maxCorrections = DefaultMaxCorrections)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentOutOfRangeException.ThrowIfNegative(maxCorrections);
        return new VllmChatClient(adapter, model, maxCorrections);
    }

    /// <summary>Keeps a client within a budget: a turn that cannot fit is not asked for, and the response says so.</summary>
    /// <param name="client">The client that asks the model. What invokes functions goes around the result, so that each turn is counted.</param>
    /// <param name="budget">What may be spent, by all users of the client.</param>
    /// <param name="countsPrompts">
    /// Whether the server is asked how long each prompt is before it is sent, which costs one to four short calls. Without it a prompt is known to have at
    /// least what the one before it had, with its answer.
    /// </param>
    /// <returns>The client to use in its place; it owns <paramref name="client"/>.</returns>
    /// <exception cref="ArgumentException">Prompts are to be counted, and there is no vLLM behind the client.</exception>
    /// <remarks>
    /// <para>
    /// A turn that the budget does not allow comes as an <see cref="ErrorContent"/> with the code <see cref="TokenBudgetErrorCode"/> and the numbers, with the
    /// finish reason <see cref="ChatFinishReason.Length"/> and an outcome whose <see cref="StreamOutcome.Limit"/> is <see cref="LengthLimit.TokenBudget"/>.
    /// It is no exception: that would take with it what the tools of the run have done before. A turn is asked for no more output tokens than are left,
    /// unless <see cref="ChatOptions.RawRepresentationFactory"/> sets <see cref="ChatRequest.MaxTokens"/> itself.
    /// </para>
    /// <para>What is spent is in the budget (<see cref="TokenBudget.Check()"/>). What was given up on the way, and what other clients answer, is counted as unknown.</para>
    /// </remarks>
    /// <example>
    /// <code>
    /// IChatClient chat = adapter.AsIChatClient().UseTokenBudget(new TokenBudget(20_000))
    ///     .AsBuilder().UseFunctionInvocation().Build();
    /// </code>
    /// </example>
    public static IChatClient UseTokenBudget(this IChatClient client, TokenBudget budget, bool countsPrompts = false)
    {
        ArgumentNullException.ThrowIfNull(budget);
        return client.UseTokenBudget(_ => budget, countsPrompts);
    }

    /// <summary>Keeps a client within budgets: a turn that cannot fit is not asked for, and the response says so.</summary>
    /// <param name="client">The client that asks the model.</param>
    /// <param name="budgetOf">The budget of a turn by its options, such as that of the conversation under way; null for a turn without one.</param>
    /// <param name="countsPrompts">Whether the server is asked how long each prompt is before it is sent.</param>
    /// <inheritdoc cref="UseTokenBudget(IChatClient, TokenBudget, bool)" path="/*[not(self::param or self::typeparam)]"/>
    public static IChatClient UseTokenBudget(this IChatClient client, Func<ChatOptions?, TokenBudget?> budgetOf, bool countsPrompts = false)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(budgetOf);
        return new TokenBudgetChatClient(client, budgetOf, countsPrompts);
    }

    /// <summary>How the response's last turn ended; null if it comes from another client.</summary>
    /// <param name="response">A response.</param>
    public static StreamOutcome? GetStreamOutcome(this ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return (response.RawRepresentation as ChatAnswer)?.Outcome ?? CarriedOutcome.Read(response.AdditionalProperties);
    }

    /// <summary>How the turn ended that this update is the last of; null for any other update.</summary>
    /// <param name="update">An update.</param>
    public static StreamOutcome? GetStreamOutcome(this ChatResponseUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        return update.AdditionalProperties?.ContainsKey(OutcomeKey) == true && update.RawRepresentation is ChatChunk { Outcome: { } outcome }
            ? outcome
            : CarriedOutcome.Read(update.AdditionalProperties);
    }

    /// <summary>
    /// How the last turn ended, by the properties of what middleware made of a response, such as the <c>AgentResponse</c> of Microsoft Agent Framework;
    /// null if there is no outcome among them.
    /// </summary>
    /// <param name="properties">The <c>AdditionalProperties</c>; null as if empty.</param>
    public static StreamOutcome? GetStreamOutcome(this AdditionalPropertiesDictionary? properties) => CarriedOutcome.Read(properties);

    /// <summary>Makes a tool for a <see cref="ToolLoop"/> of a function, for example one made by <c>AIFunctionFactory</c>, or a tool of an MCP server.</summary>
    /// <param name="function">The function.</param>
    /// <remarks>
    /// Arguments that its schema surely forbids are told to the model, and the function is not run. What it asks of services comes from
    /// <see cref="ToolLoopOptions.Services"/>, in a scope of its own for each call.
    /// </remarks>
    public static Tool AsTool(this AIFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return FunctionTool.Of(function);
    }

    /// <summary>Makes a function for <c>FunctionInvokingChatClient</c>, and for agents, of a tool.</summary>
    /// <param name="tool">The tool.</param>
    /// <remarks>
    /// Arguments are read as strictly as in a <see cref="ToolLoop"/>: what does not fit is told to the model in place of a result, and nothing is run.
    /// Services of the handler come from <c>FunctionInvocationServices</c>.
    /// </remarks>
    public static AIFunction AsAIFunction(this Tool tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        return new ToolFunction(tool);
    }
}
