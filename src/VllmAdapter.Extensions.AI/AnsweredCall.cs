using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>A call of the history, and what it gave back.</summary>
/// <param name="Call">The call, as it is sent again.</param>
internal sealed record AnsweredCall(ToolCall Call)
{
    /// <summary>What it gave back; null if that is not in the history.</summary>
    public FunctionResultContent? Result { get; private set; }

    /// <summary>The calls of each message with their results, by position: servers use an id again, so the id alone does not tell which call a result is of.</summary>
    public static IReadOnlyList<IReadOnlyList<AnsweredCall>> In(IReadOnlyList<ChatMessage> messages)
    {
        var calls = new List<AnsweredCall>[messages.Count];
        var open = new Dictionary<string, (int At, Queue<AnsweredCall> Calls)>(StringComparer.Ordinal);
        for (int at = 0; at < messages.Count; at++)
        {
            calls[at] = [];
            foreach (AIContent content in messages[at].Contents)
            {
                if (content is FunctionResultContent result && open.TryGetValue(result.CallId, out var waiting) && waiting.Calls.TryDequeue(out AnsweredCall? answered))
                {
                    answered.Result = result;
                }
                else if (content is FunctionCallContent call && messages[at].Role == ChatRole.Assistant && ToolMapping.Replayable(call) is { } replayable)
                {
                    var asked = new AnsweredCall(replayable);
                    calls[at].Add(asked);

                    // A call of an earlier message that was not answered by now never will be.
                    if (!open.TryGetValue(call.CallId, out var others) || others.At != at)
                        open[call.CallId] = others = (at, new Queue<AnsweredCall>());

                    others.Calls.Enqueue(asked);
                }
            }
        }

        return calls;
    }
}
