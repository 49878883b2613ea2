using System.Runtime.CompilerServices;
using System.Text;
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
        ChatAnswer? last = null;
        ChatRequest request = RequestMapping.Map(messages, options, this, model);
        await foreach (ChatResponseUpdate update in UpdatesAsync(request, answer => last = answer, cancellationToken).ConfigureAwait(false))
            updates.Add(update);

        ChatResponse response = updates.ToChatResponse();
        response.RawRepresentation = last;
        return response;
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdatesUntilAsync(RequestMapping.Map(messages, options, this, model), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(VllmInferenceAdapter) ? adapter
            : serviceType == typeof(VllmServer) ? adapter.Server
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // The adapter belongs to whoever made it.
    }

    private CancellableEvents<ChatResponseUpdate> UpdatesUntilAsync(ChatRequest request, CancellationToken callersToken) =>
        new(token => UpdatesAsync(request, static _ => { }, token), callersToken);

    private async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        ChatRequest request, Action<ChatAnswer> ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatRequest first = request;
        var response = new ResponseUpdates();
        List<StreamOutcome> turns = [];
        var (reasoning, text) = (new ShownText(), new ShownText());
        for (int corrections = 0; ; corrections++)
        {
            ChatStream stream = adapter.StreamChatAsync(request, cancellationToken);
            response.Follow(stream);
            bool asksOn = false;
            var refusal = new StringBuilder();
            IAsyncEnumerator<ChatChunk> chunks = stream.GetAsyncEnumerator(CancellationToken.None);
            await using ConfiguredAsyncDisposable leaving = chunks.ConfigureAwait(false);
            while (true)
            {
                try
                {
                    if (!await chunks.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (IncompleteStreamException broken) when (turns.Count > 1)
                {
                    // The turns before it were paid for, too.
                    throw new IncompleteStreamException(ResponseOutcome.Of(turns), broken.Received);
                }

                ChatChunk chunk = chunks.Current;
                if (chunk.Outcome is { } outcome)
                {
                    turns.Add(outcome);
                    asksOn = corrections < maxCorrections && ReplyMapping.IsUnusable(outcome);
                    ReplyMapping.AddRest(response, outcome, chunk, isLast: !asksOn, $"{refusal}", request.Tools);
                    if (!asksOn)
                        ReplyMapping.AddEnd(response, ResponseOutcome.Of(turns), chunk);
                }
                else if (chunk.ChoiceIndex == 0)
                {
                    refusal.Append(chunk.Refusal);
                    ReplyMapping.AddPiece(response, chunk, reasoning, text);
                }

                while (response.TryTake(out ChatResponseUpdate? update))
                    yield return update;
            }

            // The request or the adapter may be set to report only, but a normal end would be taken for success.
            StreamOutcome turn = turns[^1];
            if (ReplyMapping.IsBroken(turn))
                ResponseOutcome.Of(turns).EnsureComplete();

            if (!asksOn)
            {
                ended(stream.Answer with { Outcome = ResponseOutcome.Of(turns) });
                yield break;
            }

            // What streaming parsers lose, vLLM's parsers of whole replies keep; only then the model is to blame.
            bool mayBeTheServers = turn.ToolCalls.Count == 0 && !turn.Evidence.IsWholeReply;
            reasoning.Follow(mayBeTheServers ? stream.Answer.Reasoning : "");
            text.Follow(mayBeTheServers ? stream.Answer.Text : "");
            if (!mayBeTheServers)
                response.BeginMessage();

            request = mayBeTheServers
                ? RequestMapping.Whole(request)
                : request.Correcting(turn) with { Stream = first.Stream, Extra = first.Extra };
        }
    }
}
