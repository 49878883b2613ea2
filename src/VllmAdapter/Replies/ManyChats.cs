using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace VllmAdapter;

/// <summary>Many requests at once.</summary>
public static class ManyChats
{
    private const int DefaultParallel = 16;

    /// <summary>Asks for many answers, several of them at once, and hands each out as soon as it is there.</summary>
    /// <param name="chat">Who answers.</param>
    /// <param name="requests">What to ask. They are taken one by one as places get free, so a sequence may be longer than memory.</param>
    /// <param name="maxParallel">How many run at once. 16 by default: a vLLM server answers dozens at once faster than one after the other.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>, and what is under way on the server.</param>
    /// <returns>
    /// One result for each request, in the order of their ends; <see cref="ChatResult.Index"/> is the place in <paramref name="requests"/>.
    /// What fails is a value: one failure keeps none of the others from being asked.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxParallel"/> is below 1.</exception>
    /// <remarks>
    /// Nothing is sent before the enumeration. Who reads slowly slows the asking down: at most <paramref name="maxParallel"/> results wait to be read. Leaving
    /// the loop early hangs up on what is under way. What <paramref name="requests"/> itself throws comes out of the enumeration, after the results before it.
    /// </remarks>
    /// <example>
    /// <code>
    /// await foreach (ChatResult result in adapter.CompleteManyAsync(questions.Select(ChatRequest.FromPrompt), maxParallel: 32))
    ///     Console.WriteLine($"{result.Index}: {result.Failure?.Message ?? result.Answer!.Text}");
    /// </code>
    /// </example>
    public static IAsyncEnumerable<ChatResult> CompleteManyAsync(
        this IVllmChat chat, IEnumerable<ChatRequest> requests, int maxParallel = DefaultParallel, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return CompleteManyAsync(chat, OneByOne(), maxParallel, cancellationToken);

        async IAsyncEnumerable<ChatRequest> OneByOne()
        {
            await ValueTask.CompletedTask.ConfigureAwait(false);
            foreach (ChatRequest request in requests)
                yield return request;
        }
    }

    /// <inheritdoc cref="CompleteManyAsync(IVllmChat, IEnumerable{ChatRequest}, int, CancellationToken)"/>
    public static IAsyncEnumerable<ChatResult> CompleteManyAsync(
        this IVllmChat chat, IAsyncEnumerable<ChatRequest> requests, int maxParallel = DefaultParallel, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxParallel, 1);
        return RunAsync(chat, requests, maxParallel, cancellationToken);
    }

    private static async IAsyncEnumerable<ChatResult> RunAsync(
        IVllmChat chat, IAsyncEnumerable<ChatRequest> requests, int maxParallel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ended = Channel.CreateBounded<ChatResult>(maxParallel);
        Task asking = AskAllAsync();
        try
        {
            await foreach (ChatResult result in ended.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return result;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await asking.ConfigureAwait(false);
        }

        async Task AskAllAsync()
        {
            try
            {
                var options = new ParallelOptions { MaxDegreeOfParallelism = maxParallel, CancellationToken = over.Token };
                await Parallel.ForEachAsync(Numbered(requests, over.Token), options, AskAsync).ConfigureAwait(false);
                ended.Writer.Complete();
            }
            catch (Exception fault)
            {
                ended.Writer.Complete(fault);
            }
        }

        async ValueTask AskAsync((int Index, ChatRequest Request) next, CancellationToken token) =>
            await ended.Writer.WriteAsync(await ResultOfAsync(chat, next.Index, next.Request, token).ConfigureAwait(false), token).ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<(int Index, ChatRequest Request)> Numbered(
        IAsyncEnumerable<ChatRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int index = 0;
        await foreach (ChatRequest request in requests.WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return (index++, request);
    }

    private static async Task<ChatResult> ResultOfAsync(IVllmChat chat, int index, ChatRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return new() { Index = index, Request = request, Answer = await chat.CompleteChatAsync(request, cancellationToken).ConfigureAwait(false) };
        }
        catch (IncompleteStreamException incomplete)
        {
            return new() { Index = index, Request = request, Answer = incomplete.Received, Failure = incomplete };
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return new() { Index = index, Request = request, Failure = failure };
        }
    }
}
