namespace VllmAdapter.Agents;

/// <summary>What becomes of a call before its handler runs: the answer of <see cref="ToolLoopOptions.BeforeCall"/>.</summary>
public readonly record struct CallDecision
{
    private CallDecision(CallDecisionKind kind, string? reason = null) => (Kind, Reason) = (kind, reason);

    /// <summary>The handler runs. It is what <c>default</c> is not: a decision that nobody made runs nothing.</summary>
    public static CallDecision Run { get; } = new(CallDecisionKind.Run);

    /// <summary>
    /// The run ends with <see cref="ToolLoopVerdict.StoppedByCaller"/>. No call of the turn is run, and the turn stays out of the history:
    /// running <see cref="ToolLoopResult.Request"/> asks it again.
    /// </summary>
    public static CallDecision Stop { get; } = new(CallDecisionKind.Stop);

    /// <summary>Why the call is refused; null if it is not, or if nobody said.</summary>
    public string? Reason { get; }

    internal CallDecisionKind Kind { get; }

    /// <summary>The handler does not run, and the model is told why.</summary>
    /// <param name="reason">A sentence for the model to read, such as "The user did not allow it."</param>
    public static CallDecision Refuse(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new CallDecision(CallDecisionKind.Refuse, reason);
    }

    /// <summary>The decision, with its reason.</summary>
    public override string ToString() => Reason is null ? Kind.ToString() : $"{Kind}: {Reason}";
}

/// <summary>The decisions there are; the default is the safe one.</summary>
internal enum CallDecisionKind
{
    /// <summary>The model is told that the call was not run.</summary>
    Refuse,

    /// <summary>The handler runs.</summary>
    Run,

    /// <summary>The run ends.</summary>
    Stop,
}
