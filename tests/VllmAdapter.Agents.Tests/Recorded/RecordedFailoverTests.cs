using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.Recorded;

/// <summary>Every recorded stream that broke, as the first of two servers: one that showed nothing is passed over, any other ends in an exception.</summary>
public sealed class RecordedFailoverTests
{
    // Real time, and only where the server keeps silent for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    public static TheoryData<RecordedPath> Broken => [.. Recording.All
        .Where(one => one.IsStream && one.Expect.Text("verdict") is "ServerError" or "Interrupted" or "Malformed" or "Stalled" or "Aborted")
        .Where(one => one.Exchange.Request.Path == "/v1/chat/completions")
        .Select(one => new RecordedPath(one.Path))];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Only_what_was_shown_stands_in_the_way_of_the_next_server(RecordedPath path)
    {
        Recording recording = Recording.At(path.Path!);
        VllmAdapterOptions options = recording.NewOptions();
        if (recording.Exchange.Response.SocketEnd == SocketEnd.Timeout)
            options.TimeLimits.BetweenChunks = Patience;
        if (recording.Exchange.Response.SocketEnd == SocketEnd.Timeout && !Shows(recording))
            options.TimeLimits.FirstChunk = Patience;

        await using FakeVllm broken = await PlayedRecording.ServeAsync(recording);
        using HttpClient http = broken.CreateHttpClient();
        using var well = new ScriptedChat(ScriptedChat.Answers);
        using var chat = new OrderedFailoverChatClient([new VllmInferenceAdapter(http, options).AsIChatClient(), well.Client]);

        Func<Task<ChatResponse>> ask = () => chat.AskAsync(isStreamed: true, "Hello.", RecordedOptions.Of(recording, _ => { }));

        if (Shows(recording))
            await ask.Should().ThrowAsync<IncompleteStreamException>();
        else
            await ask.Should().NotThrowAsync();
        (well.Requests.Count > 0).Should().Be(!Shows(recording));
    }

    private static bool Shows(Recording recording) => ((string[])["text", "reasoning"])
        .Any(field => recording.Expect.Object(field)?["0"] is JsonValue said && said.GetValue<string>().Length > 0);
}
