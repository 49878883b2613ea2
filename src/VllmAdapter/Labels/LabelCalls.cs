using System.Globalization;
using System.Text;

namespace VllmAdapter;

/// <summary>Asks a model that writes text for one of a few labels, and how likely it finds each.</summary>
internal static class LabelCalls
{
    private const string EndOfThoughts = "</think>";
    private const int TokensBesideTheLabel = 4;
    private const int MostReported = 20;

    /// <exception cref="ArgumentException">The labels cannot be told apart, or the chat asks for something else.</exception>
    /// <exception cref="VllmRequestException">The request never became an answer, or the answer has no probabilities of the labels.</exception>
    public static async Task<LabelResult> AskAsync(IVllmChat chat, LabelRequest request, CancellationToken cancellationToken)
    {
        ThrowIfUnusable(request);
        ChatAnswer answer = await chat.CompleteChatAsync(ChatOf(request), cancellationToken).ConfigureAwait(false);
        return Read(request.Labels, answer);
    }

    /// <inheritdoc cref="AskAsync(IVllmChat, LabelRequest, CancellationToken)"/>
    public static async Task<YesNoResult> AskYesNoAsync(IVllmChat chat, ChatRequest question, CancellationToken cancellationToken)
    {
        LabelResult result = await AskAsync(chat, new LabelRequest { Chat = question, Labels = ["yes", "no"] }, cancellationToken).ConfigureAwait(false);
        return new YesNoResult { Probability = result.Labels[0].Probability, UnseenProbability = result.UnseenProbability, Answer = result.Answer };
    }

    /// <summary>The question that is asked of a text and labels alone; as one user message, for some templates know no system.</summary>
    public static ChatRequest QuestionAbout(string input, IReadOnlyList<string> labels) => ChatRequest.FromPrompt(
        $"Classify the text below. Answer with exactly one of these labels and nothing else: {string.Join(", ", labels)}.\n\nText:\n{input}");

    private static ChatRequest ChatOf(LabelRequest request)
    {
        ChatRequest chat = request.Chat;
        SamplingOptions sampling = chat.Sampling ?? new SamplingOptions();
        LogprobOptions logprobs = chat.Logprobs ?? new LogprobOptions();
        ReasoningSettings reasoning = chat.Reasoning ?? new ReasoningSettings { Enabled = false };
        return chat with
        {
            Output = chat.Output ?? StructuredOutput.OneOf([.. request.Labels]),
            Logprobs = logprobs with { TopLogprobs = logprobs.TopLogprobs ?? MostReported },
            MaxTokens = chat.MaxTokens ?? TokensBesideTheLabel + request.Labels.Max(Encoding.UTF8.GetByteCount),
            Sampling = sampling with { Temperature = sampling.Temperature ?? 0 },
            Reasoning = reasoning,
        };
    }

    private static LabelResult Read(IReadOnlyList<string> labels, ChatAnswer answer)
    {
        // What was cut by its length is told by its beginning all the same; what broke off says nothing.
        if (answer.Outcome.Verdict != StreamVerdict.LengthLimited)
            answer.Outcome.EnsureComplete();

        IReadOnlyList<TokenLogprob> tokens = AnswerTokens(answer);
        if (tokens.Count == 0)
            throw Invalid(answer, "has no log probabilities, so nothing says how likely each label is: a gateway may have left them out, or the server does not give them");

        double[] shares = LabelTokens.Share(labels, tokens);
        double seen = shares.Sum();
        if (seen is not (> 0 and <= 1.01))
        {
            throw Invalid(answer, seen > 0
                ? string.Create(CultureInfo.InvariantCulture, $"has log probabilities that cannot be right: together they are {seen}")
                : "has none of the labels among the most likely tokens: use labels that the model would say, and ask for one of them in the prompt");
        }

        LabelProbability[] told = [.. labels.Select((label, at) => new LabelProbability(label, shares[at] / seen, shares[at]))];
        LabelProbability best = told.MaxBy(label => label.Probability);
        return new LabelResult
        {
            Label = best.Label,
            Probability = best.Probability,
            Labels = told,
            UnseenProbability = Math.Clamp(1 - seen, 0, 1),
            IsWholeLabel = labels.Contains(answer.Text.Trim(), StringComparer.OrdinalIgnoreCase),
            Answer = answer,
        };
    }

    // Thoughts that were written all the same come first.
    private static IReadOnlyList<TokenLogprob> AnswerTokens(ChatAnswer answer)
    {
        IReadOnlyList<TokenLogprob> all = answer.Choices.FirstOrDefault(choice => choice.Index == 0)?.Logprobs ?? [];
        for (int at = all.Count - 1; at >= 0; at--)
        {
            if (all[at].Token.Contains(EndOfThoughts, StringComparison.Ordinal))
                return [.. all.Skip(at + 1)];
        }

        return all;
    }

    private static VllmRequestException Invalid(ChatAnswer answer, string problem)
    {
        string text = ServerText.Quote(answer.Text, Secrets.None) is { } quote ? $" \"{quote}\"" : "";
        return new VllmRequestException($"The answer{text} {problem}.", RequestFailure.InvalidReply, System.Net.HttpStatusCode.OK)
        {
            ResponseBody = answer.Text,
            RequestId = answer.Outcome.Evidence.RequestId,
        };
    }

    private static void ThrowIfUnusable(LabelRequest request)
    {
        if (request.Chat is null)
            throw RequestRefusal.Because("Chat is null. Set it to what is asked, such as ChatRequest.FromPrompt(\"...\").");
        if (request.Labels.Count < 2)
            throw RequestRefusal.Because($"Labels must be two or more, but there are {request.Labels.Count}.");
        if (request.Labels.Any(label => string.IsNullOrWhiteSpace(label) || label.Trim() != label))
            throw RequestRefusal.Because("Labels must not be empty or begin or end with white space, but one is or does.");
        if (request.Labels.Distinct(StringComparer.Ordinal).Count() < request.Labels.Count)
            throw RequestRefusal.Because("Labels must differ from one another, but two are the same.");
        if (request.Chat.ChoiceCount > 1)
            throw RequestRefusal.Because($"Chat.ChoiceCount must be 1 or null, but is {request.Chat.ChoiceCount}: the probabilities are of one answer.");
    }
}
