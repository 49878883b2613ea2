using System.Runtime.CompilerServices;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>An agent of Microsoft Agent Framework, to be asked like the middleware that recordings are played through.</summary>
internal sealed class AgentChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    private readonly ChatClientAgent _agent = inner.AsAIAgent();

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        (await _agent.RunAsync(messages, options: new ChatClientAgentRunOptions(options), cancellationToken: cancellationToken)).AsChatResponse();

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (AgentResponseUpdate update in _agent.RunStreamingAsync(
            messages, options: new ChatClientAgentRunOptions(options), cancellationToken: cancellationToken))
        {
            yield return update.AsChatResponseUpdate();
        }
    }
}
