namespace VllmAdapter;

/// <summary>What an adapter throws when it could not get an answer, or not a whole one: catch this one for both.</summary>
/// <remarks>
/// It is a <see cref="VllmRequestException"/> (nothing began) or an <see cref="IncompleteStreamException"/> (what came is in it), and nothing else.
/// Cancellation by the caller is an <see cref="OperationCanceledException"/>, and a request that cannot be sent as it is an <see cref="ArgumentException"/>.
/// </remarks>
public abstract class VllmException : Exception
{
    private protected VllmException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
