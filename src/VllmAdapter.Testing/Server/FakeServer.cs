using System.Globalization;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What the server knows and answers, apart from how it is carried.</summary>
internal sealed class FakeServer(FakeVllmOptions options, Func<ReceivedRequest, ScriptedReply> script)
{
    private readonly List<ReceivedRequest> _requests = [];
    private long _ids;

    public Engine Engine { get; } = new(options.MaxRunning);

    public IReadOnlyList<ReceivedRequest> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public (WireReply Reply, EngineTicket? Ticket) Answer(ReceivedRequest request)
    {
        lock (_requests)
            _requests.Add(request);
        return Chat(request);
    }

    private (WireReply Reply, EngineTicket? Ticket) Chat(ReceivedRequest request)
    {
        var body = request.Json as JsonObject ?? [];
        string id = Interlocked.Increment(ref _ids).ToString($"x{options.Profile.IdLength}", CultureInfo.InvariantCulture);
        var call = ChatCall.From(request, body, options.Profile, 20, options.ContextWindow,
            ChatCall.Text(body["model"]) ?? options.Model ?? "fake-model", id, options.Clock.GetUtcNow().ToUnixTimeSeconds());
        return (ReplyRendering.Render(script(request), call, options.Profile), Engine.Enqueue());
    }
}
