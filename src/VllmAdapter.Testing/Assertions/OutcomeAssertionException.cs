namespace VllmAdapter.Testing;

/// <summary>An answer did not end as a test expected. The message says what was expected, what was, and the outcome's own explanation.</summary>
public sealed class OutcomeAssertionException : Exception
{
    internal OutcomeAssertionException(string message)
        : base(message)
    {
    }
}
