using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.WireTests.Replays;

/// <summary>One case, played to the adapter over a socket of its own: what came of it, and how many requests that took.</summary>
internal sealed record Replay(ChatAnswer? Completion, Exception? Failure, int Requests)
{
    // Real time: how long nothing must happen between two attempts until the delay between them is passed over.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    public static async Task<Replay> RunAsync(Recording recording)
    {
        try
        {
            return await RunAsync(recording, recording.Request());
        }
        catch (ArgumentException) when (recording.Kind == "request-refused")
        {
            // What the server refused is not even sent; its refusal must be read all the same.
            return await RunAsync(recording, recording.PlainRequest());
        }
    }

    private static async Task<Replay> RunAsync(Recording recording, ChatRequest request)
    {
        VllmAdapterOptions options = recording.NewOptions();
        options.Resilience.BaseDelay = TimeSpan.Zero;
        var clock = new ManualTimeProvider();
        using var client = new WatchedClient(options.TimeLimits);
        var script = new RecordedScript(recording, client, clock);
        await using var server = RawServer.Start(script.PlayAsync);
        var adapter = new VllmInferenceAdapter(server.Endpoint, options, () => client.Http, clock, logger: null);

        Task<Played> playing = Played.RunAsync(adapter, server, request);
        if (options.Resilience.MaxAttempts > 1)
            await PassDelaysAsync(playing, script, clock);

        Played played = await playing;
        return new Replay(played.Completion, played.Failure, script.Requests);
    }

    // A server may have asked for a delay; between two attempts nothing but time goes on.
    private static async Task PassDelaysAsync(Task playing, RecordedScript script, ManualTimeProvider clock)
    {
        while (await Task.WhenAny(playing, Task.Delay(Patience, TimeProvider.System)) != playing)
        {
            if (!script.IsPlaying && clock.UntilNextTimer is { } next)
                clock.Advance(next);
        }
    }
}
