using System.Collections.Immutable;

namespace VllmAdapter.Testing;

/// <summary>What goes over the wire for one request, whoever carries it: the script is settled here, the transports only play it.</summary>
internal sealed record WireReply(ImmutableArray<WireStep> Steps, WireEnding Ending = WireEnding.Complete)
{
    /// <summary>Tokens that the engine spends on it.</summary>
    public int CompletionTokens { get; init; }

    /// <summary>What comes in place of the rest if whoever runs the server ends the request, by the number of pieces that went out; null for nothing.</summary>
    public Func<int, ImmutableArray<WireStep>>? IfEnded { get; init; }

    /// <summary>Whether a client that leaves now misses nothing: what remains is due at once and then the body ends in order.</summary>
    public bool OwesNothingAfter(int step) =>
        Ending == WireEnding.Complete && Steps.Skip(step).All(static rest => rest is WireStep.Piece);
}
