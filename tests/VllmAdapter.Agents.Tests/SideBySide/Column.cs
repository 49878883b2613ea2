using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Agents.Tests.Recorded;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.SideBySide;

/// <summary>One client, asked one way, over all recordings of a kind.</summary>
internal sealed record Column(string Title, bool IsOfStreams, bool IsStreamed, Func<FakeVllm, Recording, IChatClient> Client)
{
    // Real time: nobody moves the clock of the other client.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    public bool IsBridge => Title.StartsWith("bridge", StringComparison.Ordinal);

    /// <summary>Chats of one choice: Microsoft.Extensions.AI has no option for more.</summary>
    public bool Takes(Recording recording) => recording.Exchange.Request.Path == "/v1/chat/completions" && !AsksForSeveral(recording)
        && (recording.Kind == "request-refused" ? AsksForAStream(recording) : recording.IsStream) == IsOfStreams;

    public async Task<Exchange> PlayAsync(Recording recording)
    {
        await using FakeVllm vllm = await PlayedRecording.ServeAsync(recording);
        List<string> ran = [];
        using var patience = new CancellationTokenSource(
            recording.Exchange.Response.SocketEnd == SocketEnd.Timeout ? Silence : Guard, TimeProvider.System);
        using IChatClient client = Client(vllm, recording);
        ChatOptions options = client.GetService<VllmInferenceAdapter>() is null || recording.Kind == "request-refused"
            ? RecordedOptions.Of(recording, ran.Add)
            : RecordedOptions.ForBridge(recording, ran.Add);
        PlayedRecording played = await PlayedRecording.PlayAsync(vllm, client, options, ran, IsStreamed, Stack.Everything, patience.Token);
        return new Exchange(recording, played);
    }

    private static bool AsksForAStream(Recording recording) => (recording.Exchange.Request.Body as JsonObject)?.Bool("stream") is true;

    private static bool AsksForSeveral(Recording recording) =>
        recording.Kind != "request-refused" && (recording.Exchange.Request.Body as JsonObject)?.Int("n") > 1;
}
