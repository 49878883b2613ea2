using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>The function-invoking middleware of Microsoft.Extensions.AI over a client, and which functions it ran.</summary>
internal sealed class Invoking : IDisposable
{
    public Invoking(IChatClient chat)
    {
        Middleware = new FunctionInvokingChatClient(chat) { FunctionInvoker = RunAsync };
    }

    public FunctionInvokingChatClient Middleware { get; }

    /// <summary>Every call that it ran, as "name arguments".</summary>
    public List<string> Ran { get; } = [];

    public Task<ChatResponse> RunAsync(string prompt, ChatOptions options, bool streaming = true) =>
        AskAsync(Middleware, [new ChatMessage(ChatRole.User, prompt)], options, streaming);

    public static Task<ChatResponse> AskAsync(IChatClient chat, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool streaming) => streaming
        ? chat.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
        : chat.GetResponseAsync(messages, options);

    public void Dispose() => Middleware.Dispose();

    private ValueTask<object?> RunAsync(FunctionInvocationContext context, CancellationToken cancellationToken)
    {
        Ran.Add($"{context.Function.Name} {JsonValues.ToObject(context.Arguments).ToJsonString()}");
        return context.Function.InvokeAsync(context.Arguments, cancellationToken);
    }
}
