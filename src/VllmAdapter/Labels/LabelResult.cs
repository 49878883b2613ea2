namespace VllmAdapter;

/// <summary>How likely a model finds each of a few labels.</summary>
/// <remarks>
/// The probabilities are of the tokens that spell the labels, at the places where the answer could still become one or another. Where the server shows
/// probabilities after it has forbidden all other tokens, <see cref="UnseenProbability"/> is near 0 whatever the model would have liked to write.
/// </remarks>
public sealed record LabelResult
{
    /// <summary>The likeliest label.</summary>
    public required string Label { get; init; }

    /// <summary>Its probability among the labels.</summary>
    /// <value>From 0 to 1.</value>
    public required double Probability { get; init; }

    /// <summary>All labels, in the order in which they were asked about.</summary>
    public required IReadOnlyList<LabelProbability> Labels { get; init; }

    /// <summary>What went to no label, or could not be told apart: to other texts, to tokens too unlikely to be reported, to beginnings that several labels share.</summary>
    /// <value>From 0 to 1. Much of it means that the labels are not what the model would say; their probabilities then say little.</value>
    public required double UnseenProbability { get; init; }

    /// <summary>Whether the model wrote one of the labels and nothing else; if not, its first tokens alone decided.</summary>
    public required bool IsWholeLabel { get; init; }

    /// <summary>What the model wrote, and how it ended.</summary>
    public required ChatAnswer Answer { get; init; }

    /// <summary>The likeliest label.</summary>
    public override string ToString() => Label;
}

/// <summary>How likely one label is.</summary>
/// <param name="Label">The label.</param>
/// <param name="Probability">Its probability among the labels: those of all of them are 1 together.</param>
/// <param name="SeenProbability">Its probability among all that the model might have written; those of all labels and what is unseen are 1 together.</param>
public readonly record struct LabelProbability(string Label, double Probability, double SeenProbability);

/// <summary>A model's answer to a question that is answered by yes or no.</summary>
public sealed record YesNoResult
{
    /// <summary>Whether it is yes.</summary>
    public bool IsYes => Probability > 0.5;

    /// <summary>How likely the answer is yes rather than no.</summary>
    /// <value>From 0 to 1.</value>
    public required double Probability { get; init; }

    /// <inheritdoc cref="LabelResult.UnseenProbability"/>
    public required double UnseenProbability { get; init; }

    /// <summary>What the model wrote, and how it ended.</summary>
    public required ChatAnswer Answer { get; init; }

    /// <summary>Yes or no, and how likely yes is.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(IsYes ? "yes" : "no")} ({Probability:0.00})");
}
