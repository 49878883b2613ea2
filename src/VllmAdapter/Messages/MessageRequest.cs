using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>What to ask of <c>/v1/messages</c>, the route of Anthropic's clients (vLLM 0.11.1 and later; a model that generates).</summary>
/// <remarks>
/// vLLM turns it into a chat, and loses some of the answer on the way back, so <see cref="ChatRequest"/> says and shows more; this is for servers and gateways that
/// offer only this route. Immutable, thread-safe and reusable; <see cref="Extra"/> must not be changed meanwhile. Only what is set is sent.
/// </remarks>
/// <example>
/// <code>
/// ChatAnswer answer = await adapter.CompleteMessageAsync(new MessageRequest
/// {
///     Messages = [VllmMessage.System("Answer in one sentence."), VllmMessage.User("What is a llama?")],
///     MaxTokens = 200,
/// });
///
/// Console.WriteLine(answer.Outcome.Explain());
/// </code>
/// </example>
public sealed record MessageRequest
{
    private readonly EqualJson _extra;

    /// <summary>The served model or LoRA adapter to ask. This route does not choose one itself.</summary>
    /// <value>Null (default): the adapter's own model (<see cref="VllmAdapterOptions.Model"/>).</value>
    public string? Model { get; init; }

    /// <summary>The conversation so far, oldest message first. System messages go in front of it, as <c>system</c>; the reasoning of past turns is not sent.</summary>
    /// <value>At least one message that is not the system's, unless <see cref="Extra"/> carries <c>messages</c>.</value>
    public required IReadOnlyList<VllmMessage> Messages { get; init => field = ValueList<VllmMessage>.Of(value); }

    /// <summary>How many tokens the answer may have, reasoning included. The route demands it.</summary>
    /// <value>1 or more.</value>
    public required int MaxTokens { get; init; }

    /// <summary>How freely tokens are drawn.</summary>
    /// <value>0 or more; null (default): as the server and the model have it.</value>
    public double? Temperature { get; init; }

    /// <summary>How much of the likeliest tokens' probability is drawn from.</summary>
    /// <value>Above 0, at most 1; null (default): as the server and the model have it.</value>
    public double? TopP { get; init; }

    /// <summary>How many of the likeliest tokens are drawn from.</summary>
    /// <value>1 or more; null (default): as the server and the model have it.</value>
    public int? TopK { get; init; }

    /// <summary>Texts that end the answer where the model writes one.</summary>
    /// <value>None (default), at most 4. vLLM 0.20.2 does not tell that one was met.</value>
    public IReadOnlyList<string> StopSequences { get; init => field = ValueList<string>.Of(value); } = ValueList<string>.Empty;

    /// <summary>The tools that the model may call.</summary>
    /// <value>None (default).</value>
    public IReadOnlyList<ToolDefinition> Tools { get; init => field = ValueList<ToolDefinition>.Of(value); } = ValueList<ToolDefinition>.Empty;

    /// <summary>Whether and which tool the model has to call.</summary>
    /// <value>Null (default): the model decides.</value>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether the server streams its reply or sends it whole.</summary>
    /// <value>True (default).</value>
    public bool Stream { get; init; } = true;

    /// <summary>When to stop reading the reply.</summary>
    /// <value>Null (default): as the adapter's options say. <c>message_stop</c> counts as the sentinel <c>[DONE]</c>, which this route does not send.</value>
    public IStreamTerminationPolicy? Termination { get; init; }

    /// <summary>What to do when the reply does not end as an answer ends.</summary>
    /// <value>Null (default): as the adapter's options say.</value>
    public IncompleteStreamBehavior? OnIncompleteStream { get; init; }

    /// <summary>The HTTP headers of this request.</summary>
    /// <value>Null (default): only what the adapter itself sends.</value>
    public RequestHeaders? Headers { get; init; }

    /// <summary>Further fields of the body, such as <c>thinking</c> or <c>output_config</c>, merged at its top level and with the last word; only <c>stream</c> has to agree with <see cref="Stream"/>.</summary>
    /// <value>Null (default): none.</value>
    public JsonObject? Extra { get => _extra.Json; init => _extra = new(value); }

    /// <summary>Whether the request is sent as it is, even if every vLLM is known to refuse it.</summary>
    /// <value>False (default): an <see cref="ArgumentException"/> says what is wrong, with the member and its range, before anything is sent.</value>
    public bool SendUnchecked { get; init; }

    /// <summary>The request for the next turn: the same, with further messages at the end.</summary>
    /// <param name="messages">What was said since, oldest first.</param>
    public MessageRequest With(params VllmMessage[] messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this with { Messages = [.. Messages, .. messages] };
    }

    /// <summary>The request for the next turn: the same, with what the model answered and what the tools gave back.</summary>
    /// <param name="turn">What the model answered.</param>
    /// <param name="results">
    /// The results of the turn's calls. A call that is left without one is answered with its problems, or with the fact that it was not run. A withheld call does not enter.
    /// </param>
    /// <exception cref="ArgumentException">A result belongs to no call of the turn.</exception>
    public MessageRequest With(ChatAnswer turn, params ToolMessage[] results)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(results);
        return With([.. ChatHistory.Of(Messages, turn.OutcomeWithText, keepReasoning: false, results)]);
    }

    /// <summary>What the request consists of, in counts, not what it says.</summary>
    public override string ToString() =>
        $"Message request: {OutcomeNotes.Count(Messages.Count, "message")}{(Model is { } model ? $", model {model}" : "")}, at most {OutcomeNotes.Count(MaxTokens, "token")}{(Stream ? "" : ", not streamed")}";
}
