using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>What came of a recorded reply, served over a socket through real middleware; every later turn is answered with "Done.".</summary>
internal sealed record PlayedRecording
{
    public const string LaterAnswer = "Done.";

    /// <summary>The calls that reached a function, as "name arguments".</summary>
    public required IReadOnlyList<string> Ran { get; init; }

    public ChatResponse? Response { get; init; }

    public Exception? Failure { get; init; }

    public required IReadOnlyList<JsonObject> Requests { get; init; }

    /// <summary>How many answers the cache holds.</summary>
    public required int Cached { get; init; }

    /// <summary>The answer to the same question asked again, where the cache holds one.</summary>
    public ChatResponse? Again { get; init; }

    public Exception? FailureAgain { get; init; }

    /// <summary>How many requests the second question took.</summary>
    public int RequestsAgain { get; init; }

    /// <summary>Plays a recording through the bridge.</summary>
    /// <param name="recording">What is played.</param>
    /// <param name="isStreamed">By which of the two methods the chat client is asked.</param>
    /// <param name="middleware">What stands in front of the bridge.</param>
    public static async Task<PlayedRecording> ThroughBridgeAsync(
        Recording recording, bool isStreamed, Func<IChatClient, IDistributedCache, IChatClient> middleware)
    {
        await using FakeVllm vllm = await ServeAsync(recording);
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http, recording.NewOptions());
        List<string> ran = [];
        return await PlayAsync(vllm, adapter.AsIChatClient(), RecordedOptions.ForBridge(recording, ran.Add), ran, isStreamed, middleware);
    }

    public static async Task<PlayedRecording> PlayAsync(
        FakeVllm vllm,
        IChatClient client,
        ChatOptions options,
        List<string> ran,
        bool isStreamed,
        Func<IChatClient, IDistributedCache, IChatClient> middleware,
        CancellationToken cancellationToken = default)
    {
        var cache = new ListedCache();
        IChatClient chat = middleware(client, cache);
        (ChatResponse? response, Exception? failure) = await AskAsync(chat, options, isStreamed, cancellationToken);
        var played = new PlayedRecording
        {
            Ran = [.. ran],
            Response = response,
            Failure = failure,
            Requests = [.. vllm.Requests.Select(request => request.Json!.AsObject())],
            Cached = cache.Entries.Count,
        };
        if (played.Cached == 0)
            return played;

        (response, failure) = await AskAsync(chat, options, isStreamed, cancellationToken);
        return played with { Again = response, FailureAgain = failure, RequestsAgain = vllm.Requests.Count - played.Requests.Count };
    }

    public static Task<FakeVllm> ServeAsync(Recording recording)
    {
        int requests = 0;
        return FakeVllm.StartAsync(new FakeVllmOptions { Model = null }, request =>
            Interlocked.Increment(ref requests) == 1 ? Script.Replays(recording.Exchange) : Later(request.Json!.AsObject()));
    }

    // Literal, as a model that was forced to call a tool would do so again.
    private static ScriptedReply Later(JsonObject request)
    {
        int choices = request.Int("n") ?? 1;
        ScriptedReply reply = Enumerable.Range(0, choices)
            .Aggregate(Script.Empty, (script, choice) => script.Choice(choice).Says(LaterAnswer).Finishes("stop"))
            .Uses(prompt: 10, completion: 2 * choices);
        return request.Bool("stream") is true ? reply.Done() : reply.Whole();
    }

    private static async Task<(ChatResponse? Response, Exception? Failure)> AskAsync(
        IChatClient chat, ChatOptions options, bool isStreamed, CancellationToken cancellationToken)
    {
        ChatMessage[] question = [new(ChatRole.User, "Hello.")];
        try
        {
            return (isStreamed
                ? await chat.GetStreamingResponseAsync(question, options, cancellationToken).ToChatResponseAsync(cancellationToken)
                : await chat.GetResponseAsync(question, options, cancellationToken), null);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return (null, failure);
        }
    }
}
