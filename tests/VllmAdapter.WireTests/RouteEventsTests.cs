using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

/// <summary>The events of any route over real sockets: what breaks is told, and who leaves is hung up for.</summary>
public sealed class RouteEventsTests
{
    private readonly List<SseItem<string>> _came = [];

    [Fact]
    public async Task A_stream_comes_to_its_end()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel", "lo").Finishes("stop").Uses(3, 2).Done());

        await ReadAsync(vllm);

        _came[^1].Data.Should().Be("[DONE]");
    }

    public static TheoryData<string> Breaks => ["cut", "reset"];

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task A_connection_that_breaks_is_told_after_what_came(string how)
    {
        ScriptedReply script = Script.Says("Hel", "lo");
        await using FakeVllm vllm = await FakeVllm.StartAsync(how == "cut" ? script.Cuts() : script.Resets());

        VllmRequestException told = (await FluentActions.Awaiting(() => ReadAsync(vllm)).Should().ThrowAsync<VllmRequestException>()).Which;

        told.Failure.Should().Be(RequestFailure.ConnectionFailed);
        told.Message.Should().Contain($"broke off after {_came.Count} event");
        _came.Should().NotBeEmpty();
        vllm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Leaving_ends_the_work_on_the_server()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hel").GoesSilent());
        using VllmInferenceAdapter adapter = NewAdapter(vllm);

        await foreach (SseItem<string> item in adapter.Routes.StreamEventsAsync("/v1/chat/completions", Chat()))
            break;

        await vllm.WhenIdleAsync();
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task A_chat_to_a_paused_server_gets_no_headers_until_it_goes_on()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { DevMode = true }, Script.Says("Hel", "lo").Finishes("stop").Uses(3, 2).Done());
        using VllmInferenceAdapter adapter = NewAdapter(vllm);
        await adapter.Server.Administration.PauseAsync();

        Task<ChatAnswer> chat = adapter.CompleteChatAsync("Hi.");
        ServerDiagnosis found = await adapter.Server.DiagnoseAsync();
        await adapter.Server.Administration.ResumeAsync();

        found.Activity.Should().Be(ServerActivity.Paused);
        (await chat).Text.Should().Be("Hello");
    }

    private async Task ReadAsync(FakeVllm vllm)
    {
        using VllmInferenceAdapter adapter = NewAdapter(vllm);
        await foreach (SseItem<string> item in adapter.Routes.StreamEventsAsync("/v1/chat/completions", Chat()))
            _came.Add(item);
    }

    private static VllmInferenceAdapter NewAdapter(FakeVllm vllm) => new(vllm.Endpoint);

    private static JsonObject Chat() => new()
    {
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hi." }),
        ["stream"] = true,
    };
}
