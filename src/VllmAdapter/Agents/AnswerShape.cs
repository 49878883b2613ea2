namespace VllmAdapter.Agents;

/// <summary>The type that the answer of a run has to have.</summary>
/// <param name="Output">What the server is asked for.</param>
/// <param name="Fits">Whether a text already is such an answer.</param>
internal sealed record AnswerShape(StructuredOutput Output, Func<string, bool> Fits);
