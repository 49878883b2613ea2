using System.Buffers;

namespace VllmAdapter;

/// <summary>Closes the connection of a reply that nobody wants the rest of, which is what makes vLLM stop generating.</summary>
/// <remarks>
/// Disposing alone would first read on for a while, to save the connection: seconds of work on the server. A read that is
/// canceled while it is under way closes the connection at once, so what is here already must be read first. Of a server that
/// floods there is no end; but it sends more than any handler would read on for, and so disposing closes the connection.
/// </remarks>
internal static class HangUp
{
    private const long LargestBacklog = 1536 * 1024;

    /// <param name="wire">The body as it comes over the wire. It is to be disposed afterwards.</param>
    public static async ValueTask CutAsync(Stream wire)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int count = 1;
            for (long backlog = 0; count > 0 && backlog < LargestBacklog; backlog += count)
            {
                // A token of its own: with one that is canceled beforehand a read returns and closes nothing.
                using var canceled = new CancellationTokenSource();
                ValueTask<int> read = wire.ReadAsync(scratch, canceled.Token);
                if (!read.IsCompleted)
                    await canceled.CancelAsync().ConfigureAwait(false);

                count = await read.ConfigureAwait(false);
            }
        }
        catch (Exception closed) when (closed is not OutOfMemoryException)
        {
            // That is what it was for.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
