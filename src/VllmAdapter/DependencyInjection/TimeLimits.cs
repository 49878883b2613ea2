namespace VllmAdapter;

/// <summary>How long the adapter waits. The defaults suit long prompts and busy servers; for a whole answer there is no limit by default.</summary>
/// <remarks>
/// <para>An answer takes as long as its model writes, so only waiting is limited: <see cref="Total"/>, the limit on a whole answer, is null by default. Set
/// it, or cancel by a token, where somebody waits for the end.</para>
/// <para>All time limits have one owner: <see cref="HttpClient.Timeout"/> is switched off on the adapter's own clients. The limits on the
/// reply make up the default termination policy (<see cref="ToPolicy"/>); a policy of your own, of the options or of a request, replaces them.
/// <see cref="Timeout.InfiniteTimeSpan"/> means no limit; the longest limit is 24 days.</para>
/// </remarks>
public sealed class TimeLimits
{
    internal static readonly TimeSpan DefaultFirstChunk = TimeSpan.FromMinutes(5);
    internal static readonly TimeSpan DefaultBetweenChunks = TimeSpan.FromMinutes(2);

    /// <summary>For the connection. Only for HTTP clients that the adapter makes itself, or that are registered with it.</summary>
    /// <value>15 seconds by default.</value>
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>From sending the request to the headers. vLLM sends them at once, but some gateways hold them back until the first chunk.</summary>
    /// <value>5 minutes by default. Not applied to whole replies, whose headers come with the reply.</value>
    public TimeSpan Headers { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>From the headers to the first chunk: queueing and prefill. For a whole reply: from sending to the reply.</summary>
    /// <value>5 minutes by default.</value>
    public TimeSpan FirstChunk { get; set; } = DefaultFirstChunk;

    /// <summary>From one chunk to the next.</summary>
    /// <value>2 minutes by default.</value>
    public TimeSpan BetweenChunks { get; set; } = DefaultBetweenChunks;

    /// <summary>From the finish reason to the sentinel.</summary>
    /// <value>2 seconds by default.</value>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>For the whole stream, from sending the request to its last chunk.</summary>
    /// <value>Null by default: no limit. An answer may then take as long as chunks keep coming.</value>
    public TimeSpan? Total { get; set; }

    /// <summary>For one call of <see cref="VllmServer"/>, from sending it to the end of its answer.</summary>
    /// <value>30 seconds by default. Loading a LoRA adapter may take as long as <see cref="Headers"/>.</value>
    public TimeSpan ServerCall { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The termination policy that an adapter with these limits has by default, to be combined with one of your own.</summary>
    /// <returns>The sentinel, the finish reasons, silence, and the total limit if there is one. Later changes of the limits do not reach it.</returns>
    /// <example>
    /// <code>
    /// request = request with { Termination = Termination.FirstOf(limits.ToPolicy(), Termination.WhenExhausted(budget)) };
    /// </code>
    /// </example>
    public IStreamTerminationPolicy ToPolicy()
    {
        List<IStreamTerminationPolicy> policies =
        [
            Termination.OnSentinel(), Termination.OnFinishReason(Grace), Termination.OnSilence(FirstChunk, BetweenChunks),
        ];
        if (Total is { } total && total != Timeout.InfiniteTimeSpan)
            policies.Add(Termination.After(total));

        return Termination.FirstOf([.. policies]);
    }

    internal bool IsLike(TimeLimits other) =>
        (Connect, Headers, FirstChunk, BetweenChunks, Grace, Total, ServerCall)
            == (other.Connect, other.Headers, other.FirstChunk, other.BetweenChunks, other.Grace, other.Total, other.ServerCall);

    internal TimeLimits Copy() => (TimeLimits)MemberwiseClone();
}
