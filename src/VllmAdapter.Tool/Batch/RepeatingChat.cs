using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Batch;

/// <summary>Asks again where an answer broke off, and with more room where max tokens cut it.</summary>
/// <param name="inner">Who answers.</param>
/// <param name="retries">How many times an answer is asked again that broke off.</param>
/// <param name="cutRetries">How many times one that max tokens cut is, each time with twice the room.</param>
/// <param name="budget">What all answers may cost together; null for no limit.</param>
internal sealed class RepeatingChat(IVllmChat inner, int retries, int cutRetries, TokenBudget? budget) : IVllmChat
{
    private static readonly string[] Caps = ["max_completion_tokens", "max_tokens"];

    public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A batch asks for whole answers.");

    public async Task<ChatAnswer> CompleteChatAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        (int broken, int cut) = (0, 0);
        while (true)
        {
            ChatAnswer answer = await inner.CompleteChatAsync(request, cancellationToken).ConfigureAwait(false);
            bool isSpent = budget?.Record(answer.Outcome).State == BudgetState.Exhausted;
            StreamOutcome outcome = answer.Outcome;
            if (isSpent)
                return answer;

            if (outcome.Verdict is StreamVerdict.Interrupted or StreamVerdict.Stalled or StreamVerdict.Aborted or StreamVerdict.ServerError && broken++ < retries)
                continue;

            if (outcome.Limit == LengthLimit.MaxTokens && cut++ < cutRetries && WithMoreRoom(request) is { } larger)
                request = larger;
            else
                return answer;
        }
    }

    private static ChatRequest? WithMoreRoom(ChatRequest request)
    {
        JsonObject body = request.Extra!;
        foreach (string cap in Caps)
        {
            if (body[cap] is not JsonValue value || !value.TryGetValue(out int tokens) || tokens > int.MaxValue / 2)
                continue;

            JsonObject larger = body.DeepClone().AsObject();
            larger[cap] = tokens * 2;
            return request with { Extra = larger };
        }

        return null;
    }
}
