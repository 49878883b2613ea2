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
        using LentBody body = await LendAsync(response, limit, cancellationToken, clock).ConfigureAwait(false);
        return new BoundedBody(body.Bytes.ToArray(), body.IsTooLarge, body.Fault);
    }

    /// <summary>Reads a body that is open already, and decompressed.</summary>
    /// <inheritdoc cref="ReadAsync(HttpResponseMessage, long, CancellationToken, TimeProvider?)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="body">The body, which stays the caller's to dispose.</param>
    /// <param name="limit">How many bytes to read at most.</param>
    /// <param name="cancellationToken">Ends the reading; what came is kept.</param>
    /// <param name="clock">For the patience with a body that does not heed the token; the system's clock by default.</param>
    public static async ValueTask<BoundedBody> ReadAsync(
        Stream body, long limit, CancellationToken cancellationToken, TimeProvider? clock = null)
    {
        using LentBody lent = await LendAsync(body, limit, clock, cancellationToken).ConfigureAwait(false);
        return new BoundedBody(lent.Bytes.ToArray(), lent.IsTooLarge, lent.Fault);
    }

    /// <summary>The same into lent memory, for a body that is not kept.</summary>
    /// <inheritdoc cref="ReadAsync(HttpResponseMessage, long, CancellationToken, TimeProvider?)"/>
    public static async ValueTask<LentBody> LendAsync(
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
            return new LentBody([], 0, IsTooLarge: false, fault) { IsOwn = true };
        }

        LentBody read = await LendAsync(body, limit, clock, cancellationToken).ConfigureAwait(false);
        Release(body, read);
        return read;
    }

    private static async ValueTask<LentBody> LendAsync(Stream body, long limit, TimeProvider? clock, CancellationToken cancellationToken)
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

        // A read that was left alone may still write into the buffer.
        bool isTooLarge = length == most;
        return new LentBody(buffer, isTooLarge ? length - 1 : length, isTooLarge, fault) { IsOwn = fault is DeafBodyException };
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
    private static void Release(Stream body, LentBody read)
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
        : OperationCanceledException("The body ignored its cancellation token and was abandoned.", cancellationToken);
}

/// <summary>A body in memory that is lent by the shared pool until it is disposed; nothing may hold on to its bytes.</summary>
/// <param name="Buffer">Where the bytes lie.</param>
/// <param name="Length">How many came, up to the limit.</param>
/// <param name="IsTooLarge">Whether there was more than the limit; the rest was not read.</param>
/// <param name="Fault">Why reading ended before the body did; null if it did not.</param>
internal sealed record LentBody(byte[] Buffer, int Length, bool IsTooLarge, Exception? Fault) : IDisposable
{
    private bool _isReturned;

    /// <summary>Whether the buffer does not go back to the pool.</summary>
    public bool IsOwn { get; init; }

    public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);

    public bool IsWhole => !IsTooLarge && Fault is null;

    public void Dispose()
    {
        if (!IsOwn && !_isReturned)
            ArrayPool<byte>.Shared.Return(Buffer);

        _isReturned = true;
    }
}
