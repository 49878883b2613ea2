using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>An adapter as an <see cref="IChatClient"/>.</summary>
internal sealed class VllmChatClient(VllmInferenceAdapter adapter, string? model, int maxCorrections) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("vllm", adapter.Endpoint, model ?? adapter.Model);

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatResponseUpdate> updates = [];
        ChatCompletion? last = null;
        ChatRequest request = RequestMapping.Map(messages, options, this, model);
        await foreach (ChatResponseUpdate update in UpdatesAsync(request, completion => last = completion, cancellationToken).ConfigureAwait(false))
            updates.Add(update);

        ChatResponse response = updates.ToChatResponse();
        response.RawRepresentation = last;
        return response;
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdatesAsync(RequestMapping.Map(messages, options, this, model), static _ => { }, cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(VllmInferenceAdapter) ? adapter
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // The adapter belongs to whoever made it.
    }

    private async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        ChatRequest request, Action<ChatCompletion> ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatRequest first = request;
        for (int corrections = 0; ; corrections++)
        {
            ChatStream stream = adapter.StreamChatAsync(request, cancellationToken);
            bool asksOn = false;
            await foreach (ChatChunk chunk in stream.ConfigureAwait(false))
            {
                if (chunk.Outcome is { } outcome)
                {
                    asksOn = corrections < maxCorrections && ReplyMapping.IsUnusable(outcome);
                    yield return ReplyMapping.End(outcome, chunk, isLast: !asksOn);
                }
                else if (chunk.Choice == 0)
                {
                    yield return ReplyMapping.Piece(chunk);
                }
            }

            // The request or the adapter may be set to report only, but a normal end would be taken for success.
            StreamOutcome turn = ReplyMapping.IsBroken(stream.Outcome) ? stream.Outcome.EnsureComplete() : stream.Outcome;
            ended(stream.Completion);
            if (!asksOn)
                yield break;

            // What streaming parsers lose, vLLM's parsers of whole replies keep; only then the model is to blame.
            bool mayBeTheServers = turn.ToolCalls.Count == 0 && !turn.Evidence.IsWholeReply;
            request = mayBeTheServers
                ? RequestMapping.Whole(request)
                : request.Correcting(turn) with { Reply = first.Reply, Extra = first.Extra };
        }
    }
}
