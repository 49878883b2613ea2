using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>An agent: asks the model, runs the calls that are ready, sends their results back, and so on until the model answers.</summary>
/// <remarks>
/// <para>Thread-safe and reusable: a run keeps its state to itself.</para>
/// <para>
/// A call is run only if it is whole, declared and without problems; for any other the model is told what was wrong. A missing finish reason never
/// ends a run. A tool choice that demands a call holds until one was run: afterwards the model is free to answer.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// var loop = new ToolLoop(adapter, [Tool.From("random_number", "A random number.", () => "4")]);
///
/// await foreach (ToolLoopEvent step in loop.RunAsync(ChatRequest.FromPrompt("Draw a number.")))
/// {
///     if (step is ChunkReceived chunk)
///         Console.Write(chunk.Text);
///     if (step is RunEnded end)
///         Console.WriteLine(end.Result.Explain());
/// }
/// </code>
/// </example>
public sealed class ToolLoop
{
    private readonly IVllmChat _chat;
    private readonly ToolLoopOptions _options;
    private readonly Dictionary<string, Tool> _tools = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<ToolDefinition> _definitions;

    /// <summary>Makes a loop.</summary>
    /// <param name="chat">Asks the model: an adapter, or something that wraps one. Failures of handlers are logged where it is the adapter itself.</param>
    /// <param name="tools">The tools that the model may call.</param>
    /// <param name="options">Limits and choices; null for the defaults.</param>
    /// <exception cref="ArgumentException">Two tools have one name, an option is out of range, or a tool needs services and there are none.</exception>
    public ToolLoop(IVllmChat chat, IEnumerable<Tool> tools, ToolLoopOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentNullException.ThrowIfNull(tools);
        (_chat, _options) = (chat, options ?? new ToolLoopOptions());
        _options.ThrowIfInvalid(nameof(options));
        foreach (Tool tool in tools)
        {
            if (!_tools.TryAdd(tool.Name, tool))
                throw new ArgumentException($"Two tools are called '{tool.Name}'. The model could not tell them apart.", nameof(tools));

            if (tool.ServiceParameter is { } service && _options.Services is null)
            {
                throw new ArgumentException(
                    $"The parameter '{service}' of the tool '{tool.Name}' comes from services. Set {nameof(ToolLoopOptions)}.{nameof(ToolLoopOptions.Services)}.",
                    nameof(options));
            }
        }

        _definitions = [.. _tools.Values.Select(tool => tool.Definition)];
    }

    /// <summary>Runs to the end, and hands out what happens on the way.</summary>
    /// <param name="request">
    /// Where to start. If it names tools, only these of the loop's tools are offered to the model.
    /// </param>
    /// <param name="budget">
    /// What the run may spend; it may be shared with other runs. A turn whose prompt does not fit what is left is not asked, and one that does is asked for
    /// no more max tokens than that. Null for no limit.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the run, and handlers that are running, with <see cref="OperationCanceledException"/>, as a token of the enumeration does; the exception
    /// carries the token that was canceled.
    /// </param>
    /// <returns>The events; the last one is <see cref="RunEnded"/>. Nothing is sent before they are enumerated, which can be done once.</returns>
    /// <exception cref="ArgumentException">The request asks for several choices, or names a tool that the loop cannot run.</exception>
    /// <remarks>
    /// <para>
    /// The enumeration throws <see cref="VllmRequestException"/> if even the first request never becomes a stream. Leaving it early hangs up
    /// and waits for handlers that are running, after canceling them.
    /// </para>
    /// <para>
    /// A turn that broke is never thrown as <see cref="IncompleteStreamException"/>: it is asked again (<see cref="ToolLoopOptions.MaxRepeats"/>), or
    /// ends the run with <see cref="ToolLoopVerdict.Incomplete"/>. <see cref="IncompleteStreamBehavior.ThrowUnlessConfirmed"/>, of the request or else of the
    /// adapter's options, makes a turn that nobody confirmed count as broken.
    /// </para>
    /// </remarks>
    public IAsyncEnumerable<ToolLoopEvent> RunAsync(
        ChatRequest request, TokenBudget? budget = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RunAsync(request, budget, shape: null, cancellationToken);
    }

    /// <summary>Runs to the end without a budget, and hands out what happens on the way.</summary>
    /// <inheritdoc cref="RunAsync(ChatRequest, TokenBudget, CancellationToken)"/>
    public IAsyncEnumerable<ToolLoopEvent> RunAsync(ChatRequest request, CancellationToken cancellationToken) =>
        RunAsync(request, budget: null, cancellationToken);

    /// <summary>Runs to the end.</summary>
    /// <returns>How the run ended; look at <see cref="ToolLoopResult.Verdict"/> first.</returns>
    /// <exception cref="VllmRequestException">Even the first request never became a stream.</exception>
    /// <inheritdoc cref="RunAsync(ChatRequest, TokenBudget, CancellationToken)"/>
    public Task<ToolLoopResult> CompleteAsync(
        ChatRequest request, TokenBudget? budget = null, CancellationToken cancellationToken = default) =>
        EndOfAsync(RunAsync(request, budget, cancellationToken));

    /// <summary>Runs to the end without a budget.</summary>
    /// <inheritdoc cref="CompleteAsync(ChatRequest, TokenBudget, CancellationToken)"/>
    public Task<ToolLoopResult> CompleteAsync(ChatRequest request, CancellationToken cancellationToken) =>
        CompleteAsync(request, budget: null, cancellationToken);

    /// <summary>Runs to the end, and reads the answer into a type.</summary>
    /// <param name="request">Where to start. Its <see cref="ChatRequest.Output"/>, if set, takes the place of the schema that is made of the type.</param>
    /// <param name="type">The type's metadata, from a source-generated context; the schema is made of it, <c>[Description]</c> included.</param>
    /// <param name="budget">What the run may spend; it may be shared with other runs. Null for no limit.</param>
    /// <param name="cancellationToken">Ends the run with <see cref="OperationCanceledException"/>.</param>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <returns>How the run ended; look at <see cref="ToolLoopResult{T}.HasValue"/> first.</returns>
    /// <exception cref="VllmRequestException">Even the first request never became a stream.</exception>
    /// <remarks>
    /// A model that is held to a schema cannot call tools. So it is free at first, and once it answers without calling another tool, that answer is asked
    /// for again, held to the schema and without tools: one turn more, of <see cref="ToolLoopOptions.MaxTurns"/> and of the budget, unless the answer
    /// already fits or there are no tools.
    /// </remarks>
    public async Task<ToolLoopResult<T>> CompleteAsync<T>(
        ChatRequest request, JsonTypeInfo<T> type, TokenBudget? budget = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(type);
        var shape = new AnswerShape(request.Output ?? StructuredOutput.JsonSchema("answer", type), text => TypedAnswer.Misfit(text, type, out _) is null);
        ToolLoopResult run = await EndOfAsync(RunAsync(request, budget, shape, cancellationToken)).ConfigureAwait(false);
        return ToolLoopResult<T>.Of(run, type);
    }

    /// <summary>Runs to the end, and reads the answer into a type whose members are found by reflection, in camel case and enums by name.</summary>
    /// <inheritdoc cref="CompleteAsync{T}(ChatRequest, JsonTypeInfo{T}, TokenBudget, CancellationToken)"/>
    [RequiresUnreferencedCode(ReflectedJson.UsesReflection)]
    [RequiresDynamicCode(ReflectedJson.UsesReflection)]
    public Task<ToolLoopResult<T>> CompleteAsync<T>(ChatRequest request, TokenBudget? budget = null, CancellationToken cancellationToken = default) =>
        CompleteAsync(request, ReflectedJson.TypeOf<T>(serializer: null), budget, cancellationToken);

    private CancellableEvents<ToolLoopEvent> RunAsync(ChatRequest request, TokenBudget? budget, AnswerShape? shape, CancellationToken cancellationToken)
    {
        ThrowIfUnfit(request);
        var run = new ToolRun(_chat, _tools, _options, request, Offered(request), budget, shape);
        return new CancellableEvents<ToolLoopEvent>(run.EventsAsync, cancellationToken);
    }

    private static async Task<ToolLoopResult> EndOfAsync(IAsyncEnumerable<ToolLoopEvent> run)
    {
        await foreach (ToolLoopEvent step in run.ConfigureAwait(false))
        {
            if (step is RunEnded ended)
                return ended.Result;
        }

        throw new InvalidOperationException("A run always ends with RunEnded.");
    }

    private IReadOnlyList<ToolDefinition> Offered(ChatRequest request) => request.Tools.Count > 0 ? request.Tools : _definitions;

    private void ThrowIfUnfit(ChatRequest request)
    {
        if (request.ChoiceCount > 1)
            throw new ArgumentException("A loop follows one answer. Leave ChoiceCount at 1.", nameof(request));

        foreach (ToolDefinition tool in request.Tools)
        {
            if (!_tools.ContainsKey(tool.Name))
                throw new ArgumentException($"The request names the tool '{tool.Name}', which the loop cannot run. Give the loop a Tool of that name.", nameof(request));
        }
    }
}
