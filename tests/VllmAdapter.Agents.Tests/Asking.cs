using Microsoft.Extensions.AI;

namespace VllmAdapter.Agents.Tests;

/// <summary>Both ways of asking a chat client, so that one test holds for both.</summary>
internal static class Asking
{
    public static async Task<ChatResponse> AskAsync(this IChatClient chat, bool isStreamed, string question, ChatOptions? options = null) => isStreamed
        ? await chat.GetStreamingResponseAsync(question, options).ToChatResponseAsync()
        : await chat.GetResponseAsync(question, options);
}
