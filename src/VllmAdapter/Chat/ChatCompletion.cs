namespace VllmAdapter;

/// <summary>An answer, gathered: what was received, and how it ended.</summary>
public sealed record ChatCompletion
{
    /// <summary>The text of choice 0.</summary>
    public string Text => FirstChoice?.Text ?? "";

    /// <summary>The reasoning of choice 0.</summary>
    public string Reasoning => FirstChoice?.Reasoning ?? "";

    /// <summary>What was received of each choice, by index.</summary>
    public IReadOnlyList<CompletedChoice> Choices { get; init; } = [];

    /// <summary>The tool calls that may be run; the others are in <see cref="StreamOutcome.WithheldToolCalls"/>.</summary>
    public IReadOnlyList<ToolCall> ToolCalls => Outcome.ToolCalls;

    /// <summary>The server's word on why choice 0 ended, or null if it declared none.</summary>
    public FinishReason? FinishReason => Outcome.FinishReason;

    /// <summary>The tokens counted by the server, or null if it sent none.</summary>
    public TokenUsage? Usage => Outcome.Usage;

    /// <summary>How the answer ended.</summary>
    public required StreamOutcome Outcome { get; init; }

    /// <summary>The server's id of the reply.</summary>
    public string? Id => Outcome.Evidence.ResponseId;

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model => Outcome.Evidence.Model;

    private CompletedChoice? FirstChoice
    {
        get
        {
            foreach (CompletedChoice choice in Choices)
            {
                if (choice.Index == 0)
                    return choice;
            }

            return null;
        }
    }

    /// <summary>The text of choice 0.</summary>
    public override string ToString() => Text;
}

/// <summary>What was received of one choice.</summary>
public sealed record CompletedChoice
{
    /// <summary>The choice's index, from 0.</summary>
    public int Index { get; init; }

    /// <summary>The text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The reasoning.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>Log probabilities, if they were asked for.</summary>
    public LogprobContent? Logprobs { get; init; }

    /// <summary>The ids of the generated tokens, if they were asked for.</summary>
    public IReadOnlyList<int>? TokenIds { get; init; }
}
