using System.Runtime.CompilerServices;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Asks about many inputs: in batches, some of them at once, and hands the replies out in the order of the inputs.</summary>
/// <param name="calls">Asks one question.</param>
/// <param name="route">What is asked for.</param>
/// <param name="request">What is asked.</param>
/// <param name="fields">The body without its inputs.</param>
internal sealed class PoolingCalls<T>(RouteCalls calls, PoolingRoute<T> route, PoolingBatchRequest request, JsonElement fields)
{
    /// <exception cref="ArgumentException">There is nothing to ask about, or a setting is out of its range.</exception>
    public static void ThrowIfUnusable(PoolingBatchRequest request)
    {
        if (request.Inputs.Count == 0)
            throw RequestRefusal.Because("Inputs is empty. Add at least one; vLLM refuses a request without any.");
        if (request.Inputs.Any(input => input is null))
            throw RequestRefusal.Because("Inputs holds null. An empty text is an input, null is none.");
        if (request.MaxBatchSize < 1)
            throw RequestRefusal.Because($"MaxBatchSize must be 1 or more, but is {request.MaxBatchSize}.");
        if (request.MaxParallelRequests < 1)
            throw RequestRefusal.Because($"MaxParallelRequests must be 1 or more, but is {request.MaxParallelRequests}.");
    }

    /// <summary>All entries, one for each input. When one batch fails the others are cancelled.</summary>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<PoolingReply<T>> GatherAsync(CancellationToken cancellationToken)
    {
        var entries = new T[request.Inputs.Count];
        int filled = 0;
        PoolingReply<T>? first = null;
        long? tokens = 0;
        await foreach (PoolingReply<T> reply in StreamAsync(endsWithFirstFailure: true, cancellationToken).ConfigureAwait(false))
        {
            reply.Entries.CopyTo(entries, filled);
            filled += reply.Entries.Length;
            first ??= reply;
            tokens += reply.PromptTokens;
        }

        return first! with { Entries = entries, PromptTokens = (int?)Math.Min(tokens ?? -1, int.MaxValue) is >= 0 and var sum ? sum : null };
    }

    /// <summary>The replies, batch after batch. What is held is those of the batches under way.</summary>
    /// <param name="endsWithFirstFailure">Whether a failure ends those before it as well, or only those after it.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async IAsyncEnumerable<PoolingReply<T>> StreamAsync(bool endsWithFirstFailure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Queue<Task<PoolingReply<T>>>();
        Exception? failure = null;
        using IEnumerator<PoolingBatch> batches = PoolingBatch.Of(request.Inputs, request.MaxBatchSize).GetEnumerator();
        int part = 0;
        bool hasMore = true;
        try
        {
            while (true)
            {
                while (underWay.Count < request.MaxParallelRequests && Volatile.Read(ref failure) is null && (hasMore = hasMore && batches.MoveNext()))
                    underWay.Enqueue(AskAsync(batches.Current, ++part));

                if (underWay.Count == 0)
                    yield break;

                yield return await NextAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            // Nobody waits for the rest any more; its failures were told by the first, or follow from it.
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(underWay).ContinueWith(static all => _ = all.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }

        async Task<PoolingReply<T>> NextAsync()
        {
            try
            {
                return await underWay.Dequeue().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && Volatile.Read(ref failure) is { } first)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
                throw;
            }
            catch (OperationCanceledException given) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(given.Message, given, cancellationToken);
            }
        }

        async Task<PoolingReply<T>> AskAsync(PoolingBatch batch, int number)
        {
            try
            {
                return await AskOnceAsync(batch, number, stop.Token).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                Interlocked.CompareExchange(ref failure, fault, null);
                if (endsWithFirstFailure)
                    await stop.CancelAsync().ConfigureAwait(false);

                throw;
            }
        }
    }

    private Task<PoolingReply<T>> AskOnceAsync(PoolingBatch batch, int part, CancellationToken cancellationToken)
    {
        var question = new RouteQuestion(route.Path, route.Operation)
        {
            JsonBody = batch.Write(fields),
            Headers = request.Headers,
            Model = fields.TextAt("model"u8),
            Expected = route.Expected,
            Part = part,
            Portion = batch.IsAll ? null : $"Inputs[{batch.First}] to [{batch.First + batch.Count - 1}]",
        };
        PoolingReplyReader<T> reader = route.NewReader();
        return calls.AskAsync(question, Read, cancellationToken);

        PoolingReply<T>? Read(ServerReply reply, CancellationToken token) =>
            reader.Read(reply, batch.Count, batch.Count, batch.First, token) is { } read ? InOrder(read.Reply, read.Places) : null;
    }

    // Of the server's order nothing is asked but that each entry says its place.
    private static PoolingReply<T> InOrder(PoolingReply<T> reply, int[] places)
    {
        var entries = new T[places.Length];
        for (int at = 0; at < places.Length; at++)
            entries[places[at]] = reply.Entries[at];

        return reply with { Entries = entries };
    }
}
