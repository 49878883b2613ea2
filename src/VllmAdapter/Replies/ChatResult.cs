namespace VllmAdapter;

/// <summary>The result of one of many requests.</summary>
public sealed record ChatResult
{
    /// <summary>Which request it was, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The request.</summary>
    public required ChatRequest Request { get; init; }

    /// <summary>The answer, or what was received if it did not end as one (<see cref="Failure"/> says so then); null if nothing came.</summary>
    public ChatAnswer? Answer { get; init; }

    /// <summary>Why there is no whole answer; null if there is one, or if the request asked for a report instead (<see cref="ChatRequest.OnIncompleteStream"/>).</summary>
    /// <value>A <see cref="VllmException"/>, or what else <see cref="IVllmChat.CompleteChatAsync"/> throws: an <see cref="ArgumentException"/> for a request that cannot be sent.</value>
    public Exception? Failure { get; init; }
}
