using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Record;

/// <summary>What a recording comes to, on one line.</summary>
internal static class ExchangeLine
{
    public static async Task<string> OfAsync(RecordedExchange exchange, CancellationToken cancellationToken)
    {
        RecordedResponse response = exchange.Response;
        string line = $"{exchange.Name}  {exchange.Request.Method} {exchange.Request.Path}  {response.Status}";
        if (!ChatRoute.IsOf(exchange))
            return $"{line}  {Wording.Count(response.Pieces.Sum(piece => (long)piece.Bytes.Length), "byte")}";

        try
        {
            Replay replay = await Replay.OfAsync(exchange, contextWindow: null, cancellationToken).ConfigureAwait(false);
            return $"{line}  {Wording.OneLine(replay.Answer?.Outcome.Explain() ?? $"Refused: {replay.Refusal!.Message}", 400)}";
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // It is recorded all the same.
            return $"{line}  {Failures.Of(failure).Sentence}";
        }
    }
}
