using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace VllmAdapter.Tool.Batch;

/// <summary>Asks every request of a file that has no result yet, and writes each result as soon as it is there.</summary>
internal sealed class BatchRun(BatchOptions options, Action<string> tell)
{
    private const int MostFailuresInARow = 10;
    private const long MostFaultsTold = 20;

    private readonly ConcurrentDictionary<int, (string Id, string RequestId)> _asked = new();
    private readonly BatchSummary _summary = new();
    private readonly string _name = Guid.NewGuid().ToString("N")[..12];
    private TokenBudget? _budget;
    private int _failuresInARow;

    /// <summary>Called after each result with how many are done, how many there are, and the tokens that the model wrote.</summary>
    public Action<long, long, long>? Progressed { get; init; }

    public async Task<BatchSummary> RunAsync(CancellationToken cancellationToken)
    {
        if (Path.GetFullPath(options.Input) == Path.GetFullPath(options.Output))
            throw new ToolException("The results cannot be written over the requests. Name another file.");

        var input = new BatchInput(options.Input);
        _summary.Requests = await input.CountAsync(cancellationToken).ConfigureAwait(false);
        BatchOutput output = await BatchOutput.OpenAsync(options.Output, cancellationToken).ConfigureAwait(false);
        await using (output.ConfigureAwait(false))
        {
            _summary.TakeUp(output.Before);
            _budget = options.MaxTotalTokens is { } tokens ? new TokenBudget(tokens) : null;
            using var kept = new KeptReplies(new SocketsHttpHandler
            {
                // uvicorn closes idle connections after 5 s (vllm#18472); one that is older might be closed under a new request.
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
                AllowAutoRedirect = false,
                UseCookies = false,
            });
            using var http = new HttpClient(kept) { Timeout = Timeout.InfiniteTimeSpan };
            var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions
            {
                Endpoint = options.Server,
                ApiKey = options.ApiKey,
                Model = options.Model,
                LearnContextWindow = true,
            });
            await AskAsync(new RepeatingChat(adapter, options.Retries, options.CutRetries, _budget), input, output, kept, cancellationToken).ConfigureAwait(false);
        }

        return _summary;
    }

    private async Task AskAsync(IVllmChat chat, BatchInput input, BatchOutput output, KeptReplies kept, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long done = _summary.Before;
        await foreach (ChatResult result in chat.CompleteManyAsync(RequestsAsync(input, output, over.Token), options.Parallel, over.Token).ConfigureAwait(false))
        {
            _asked.TryRemove(result.Index, out var asked);
            byte[]? body = kept.Take(asked.RequestId);
            if (result.Failure is VllmRequestException { IsRetryable: true } absent)
            {
                _summary.NotAnswered++;
                if (++_failuresInARow < MostFailuresInARow)
                    continue;

                _summary.Stopped = $"The last {MostFailuresInARow} requests were not answered, so no more are asked. {absent.Message}";
                return;
            }

            _failuresInARow = 0;
            BatchResult written = result.Answer is { } answer
                ? BatchResult.Of(asked.Id, asked.RequestId, answer, body)
                : BatchResult.Of(asked.Id, asked.RequestId, result.Failure!);
            await output.AddAsync(written.Line).ConfigureAwait(false);
            _summary.Add(written);
            Progressed?.Invoke(++done, _summary.Requests, _summary.CompletionTokens);
        }
    }

    private async IAsyncEnumerable<ChatRequest> RequestsAsync(BatchInput input, BatchOutput output, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int index = 0;
        bool isSpent = false;
        await foreach (BatchLine line in input.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (line.Id is { } known && output.Has(known))
                continue;

            if (line.Fault is { } fault)
            {
                if (++_summary.UnusableLines <= MostFaultsTold)
                    tell($"Line {line.Number:N0} is not asked. {fault}");

                continue;
            }

            isSpent = isSpent || _budget?.Check().State == BudgetState.Exhausted;
            if (isSpent)
            {
                _summary.NotAnswered++;
                continue;
            }

            string requestId = $"{_name}{index:x8}";
            _asked[index++] = (line.Id!, requestId);
            yield return line.ToRequest(requestId);
        }

        if (isSpent)
            tell($"The budget of {options.MaxTotalTokens:N0} tokens is spent; {_summary.NotAnswered:N0} requests were not asked.");
    }
}
