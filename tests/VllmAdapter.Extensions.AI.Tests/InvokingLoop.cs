using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>
/// Behaves as function-invoking middleware does, at its most trusting: it acts on every call that it sees, whatever is marked on it, never looks at
/// a finish reason, and answers a call that it does not know with "not found".
/// </summary>
internal sealed class InvokingLoop(IChatClient chat, int maxTurns = 10)
{
    /// <summary>Every call it saw, as "name arguments".</summary>
    public List<string> Seen { get; } = [];

    public List<ChatMessage> History { get; } = [];

    public async Task<ChatResponse> RunAsync(string prompt, ChatOptions options, bool streaming = true)
    {
        History.Add(new ChatMessage(ChatRole.User, prompt));
        for (int turn = 1; ; turn++)
        {
            ChatResponse response = streaming
                ? await chat.GetStreamingResponseAsync(History, options).ToChatResponseAsync()
                : await chat.GetResponseAsync(History, options);
            History.AddRange(response.Messages);
            FunctionCallContent[] calls = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
            if (calls.Length == 0 || turn == maxTurns)
                return response;

            List<AIContent> results = [];
            foreach (FunctionCallContent call in calls)
                results.Add(new FunctionResultContent(call.CallId, await InvokeAsync(call, options)));

            History.Add(new ChatMessage(ChatRole.Tool, results));
        }
    }

    private async Task<object?> InvokeAsync(FunctionCallContent call, ChatOptions options)
    {
        Seen.Add($"{call.Name} {JsonValues.ToObject(call.Arguments).ToJsonString()}");
        return options.Tools?.OfType<AIFunction>().FirstOrDefault(function => function.Name == call.Name) is { } function
            ? await function.InvokeAsync(new AIFunctionArguments(call.Arguments))
            : "Error: the function was not found.";
    }
}
