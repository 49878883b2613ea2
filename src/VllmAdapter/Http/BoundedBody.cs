using System.Buffers;

namespace VllmAdapter;

/// <summary>A whole body, decompressed, as far as it came and as far as it may go.</summary>
/// <param name="Bytes">What came, up to the limit.</param>
/// <param name="IsTooLarge">Whether there was more than the limit; the rest was not read.</param>
/// <param name="Fault">
/// Why reading ended before the body did, null if it did not: a cut, bytes that cannot be decompressed, or an
/// <see cref="OperationCanceledException"/> of the reader's token. What to make of it is the reader's business.
/// </param>
internal sealed record BoundedBody(byte[] Bytes, bool IsTooLarge, Exception? Fault)
{
    private const int FirstBuffer = 16 * 1024;

    /// <summary>How long a body that was told to stop has for it. Streams of other people's handlers may be deaf to their token.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Whether the body was read to its end.</summary>
    public bool IsWhole => !IsTooLarge && Fault is null;

    /// <summary>Reads the body of a response; whatever it does, this does not throw.</summary>
    /// <param name="response">The response, which stays the caller's to dispose.</param>
    /// <param name="limit">How many bytes to read at most, counted after decompression.</param>
    /// <param name="cancellationToken">Ends the reading; what came is kept.</param>
    /// <param name="clock">For the patience with a body that does not heed the token; the system's clock by default.</param>
    public static async ValueTask<BoundedBody> ReadAsync(
        HttpResponseMessage response, long limit, CancellationToken cancellationToken, TimeProvider? clock = null)
    {
        Stream body;
        try
        {
            Task<Stream> opening = response.Content.ReadAsStreamAsync(cancellationToken);
            Stream wire = opening.IsCompleted
                ? await opening.ConfigureAwait(false)
                : await HeedAsync(opening, clock, cancellationToken).ConfigureAwait(false);
            body = Decompression.Of(response, wire);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return new BoundedBody([], IsTooLarge: false, fault);
        }

        BoundedBody read = await ReadAsync(body, limit, cancellationToken, clock).ConfigureAwait(false);
        Release(body, read);
        return read;
    }

    /// <summary>Reads a body that is open already, and decompressed.</summary>
    /// <inheritdoc cref="ReadAsync(HttpResponseMessage, long, CancellationToken, TimeProvider?)"/>
    /// <param name="body">The body, which stays the caller's to dispose.</param>
    /// <param name="limit">How many bytes to read at most.</param>
    /// <param name="cancellationToken">Ends the reading; what came is kept.</param>
    /// <param name="clock">For the patience with a body that does not heed the token; the system's clock by default.</param>
    public static async ValueTask<BoundedBody> ReadAsync(
        Stream body, long limit, CancellationToken cancellationToken, TimeProvider? clock = null)
    {
        // One byte more than is wanted tells a body that is too large from one that just fits.
        long most = Math.Min(limit, Array.MaxLength - 1) + 1;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(FirstBuffer, most));
        int length = 0;
        Exception? fault = null;
        try
        {
            int count = 1;
            while (count > 0 && length < most)
            {
                if (length == buffer.Length)
                    buffer = Grown(buffer, length);

                Memory<byte> free = buffer.AsMemory(length, (int)Math.Min(buffer.Length, most) - length);
                count = await ReadOnceAsync(body, free, clock, cancellationToken).ConfigureAwait(false);
                length += count;

                // Asked after what is here was taken; a body that always has more might never ask.
                if (count > 0)
                    cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            fault = broken;
        }

        bool isTooLarge = length == most;
        byte[] bytes = buffer.AsSpan(0, isTooLarge ? length - 1 : length).ToArray();

        // A read that was left alone may still write into it.
        if (fault is not DeafBodyException)
            ArrayPool<byte>.Shared.Return(buffer);

        return new BoundedBody(bytes, isTooLarge, fault);
    }

    private static async ValueTask<int> ReadOnceAsync(
        Stream body, Memory<byte> free, TimeProvider? clock, CancellationToken cancellationToken)
    {
        ValueTask<int> read = body.ReadAsync(free, cancellationToken);
        return read.IsCompleted
            ? await read.ConfigureAwait(false)
            : await HeedAsync(read.AsTask(), clock, cancellationToken).ConfigureAwait(false);
    }

    // Waits for what was begun; when it is told to stop and does not, it is left alone.
    private static async Task<T> HeedAsync<T>(Task<T> begun, TimeProvider? clock, CancellationToken cancellationToken)
    {
        try
        {
            return await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!begun.IsCompleted)
        {
            try
            {
                return await begun.WaitAsync(Patience, clock ?? TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!begun.IsCompleted)
            {
                Forget(begun);
                throw new DeafBodyException(cancellationToken);
            }
        }
    }

    // However it ends, nobody is there to hear of it.
    private static void Forget(Task begun) => _ = begun.ContinueWith(
        static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    // What was decompressed holds memory outside the heap. What is being read cannot be let go of.
    private static void Release(Stream body, BoundedBody read)
    {
        if (read.Fault is DeafBodyException)
            return;

        try
        {
            body.Dispose();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The body was read; how it is let go of changes nothing about it.
        }
    }

    private static byte[] Grown(byte[] buffer, int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * length, Array.MaxLength));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private sealed class DeafBodyException(CancellationToken cancellationToken)
        : OperationCanceledException("The body did not heed its token, and was left alone.", cancellationToken);
}
