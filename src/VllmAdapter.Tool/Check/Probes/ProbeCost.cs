namespace VllmAdapter.Tool.Check;

/// <summary>What a probe may cost at most.</summary>
/// <param name="Answers">Requests that a model answers.</param>
/// <param name="GeneratedTokens">Tokens that the model may write: the sum of max tokens.</param>
/// <param name="PromptTokens">Tokens of the prompts, about: a third of the characters of the request.</param>
internal readonly record struct ProbeCost(int Answers, int GeneratedTokens, int PromptTokens)
{
    private const int CharactersOfAToken = 3;

    public static ProbeCost Nothing => default;

    public static ProbeCost Of(params IEnumerable<ChatRequest> questions)
    {
        var cost = default(ProbeCost);
        foreach (ChatRequest question in questions)
        {
            int choices = question.ChoiceCount ?? 1;
            int most = question.MaxTokens ?? throw new ArgumentException("A probe bounds every answer: set MaxTokens.", nameof(questions));
            cost += new ProbeCost(1, choices * most, question.ToJson().Length / CharactersOfAToken);
        }

        return cost;
    }

    public static ProbeCost operator +(ProbeCost one, ProbeCost other) =>
        new(one.Answers + other.Answers, one.GeneratedTokens + other.GeneratedTokens, one.PromptTokens + other.PromptTokens);
}
