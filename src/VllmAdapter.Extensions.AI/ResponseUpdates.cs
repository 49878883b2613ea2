using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>
/// The updates of one response, each with the ids, the model and the time of its reply. None is let out before there is something to show:
/// a client that fails over can do so only while it has handed nothing on.
/// </summary>
internal sealed class ResponseUpdates
{
    private readonly Queue<ChatResponseUpdate> _held = [];
    private readonly MessageIds _messageIds = new();
    private ChatStream? _turn;
    private bool _hasShown;

    /// <summary>The updates to come are of this reply.</summary>
    public void Follow(ChatStream turn) => _turn = turn;

    /// <summary>The updates to come are of another message.</summary>
    public void BeginMessage() => _messageIds.Next();

    /// <summary>Takes an update of the message.</summary>
    /// <param name="update">The update.</param>
    /// <param name="isShown">Whether it is let out for what it holds; false for what is left of a reply that broke, which its exception holds too.</param>
    public void Add(ChatResponseUpdate update, bool isShown = true)
    {
        update.MessageId = _messageIds.Current(_turn?.ResponseId);
        _hasShown = _hasShown || (isShown && update.Contents.Any(content => content is not UsageContent));
        Hold(update);
    }

    /// <summary>Takes the update that says how the response ended.</summary>
    /// <param name="update">The update.</param>
    /// <param name="isShown">Whether it is let out, be there nothing else to show.</param>
    /// <remarks>
    /// It is of the response, not of a message: what hangs on an update with a message id goes into the message, from there into histories, and is kept
    /// and sent around with them.
    /// </remarks>
    public void AddEnd(ChatResponseUpdate update, bool isShown)
    {
        _hasShown |= isShown;
        Hold(update);
    }

    /// <summary>The next update to let out.</summary>
    public bool TryTake([NotNullWhen(true)] out ChatResponseUpdate? update)
    {
        update = null;
        return _hasShown && _held.TryDequeue(out update);
    }

    private void Hold(ChatResponseUpdate update)
    {
        update.ResponseId = _turn?.ResponseId;
        update.ModelId = _turn?.Model;
        update.CreatedAt = _turn?.CreatedAt;
        _held.Enqueue(update);
    }
}
