namespace VllmAdapter.Testing;

/// <summary>Assertions on how an answer ended, for every test framework and next to every assertion library.</summary>
/// <example>
/// <code>
/// outcome.Must().BeUnconfirmed().WithReadyCall("get_weather", """{"city": "Paris"}""").WithoutWithheldCalls();
/// </code>
/// </example>
public static class OutcomeAssertionExtensions
{
    /// <summary>Asserts on an outcome. An outcome does not hold the text; to assert on that too, start from the completion or the stream.</summary>
    public static OutcomeAssertions Must(this StreamOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new OutcomeAssertions(outcome, received: null);
    }

    /// <summary>Asserts on a gathered answer.</summary>
    public static OutcomeAssertions Must(this ChatAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new OutcomeAssertions(answer.Outcome, answer);
    }

    /// <summary>Asserts on a stream that was enumerated to its end.</summary>
    public static OutcomeAssertions Must(this ChatStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.Answer.Must();
    }

    /// <summary>Asserts on what an incomplete stream left behind.</summary>
    public static OutcomeAssertions Must(this IncompleteStreamException incomplete)
    {
        ArgumentNullException.ThrowIfNull(incomplete);
        return new OutcomeAssertions(incomplete.Outcome, incomplete.Received);
    }
}
