using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Routes;

/// <summary>The events of any route, handed out as they come; what goes wrong is a typed failure after what came.</summary>
public sealed class RouteEventsTests
{
    private readonly List<SseItem<string>> _came = [];

    [Fact]
    public async Task Events_come_with_their_types_as_the_server_wrote_them()
    {
        await ReadAsync(CannedServer.Saying("event: response.created\ndata: {\"a\":1}\n\n: keep-alive\n\ndata: two\ndata: lines\n\ndata: [DONE]\n\n"));

        _came.Select(item => (item.EventType, item.Data)).Should().Equal(("response.created", "{\"a\":1}"), ("message", "two\nlines"), ("message", "[DONE]"));
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_events_are_read()
    {
        using var vllm = FakeVllm.InMemory();

        IAsyncEnumerable<SseItem<string>> events = vllm.CreateAdapter().Routes.StreamEventsAsync("/v1/chat/completions", Chat());

        vllm.Requests.Should().BeEmpty();
        (await CollectAsync(events))[^1].Data.Should().Be("[DONE]");
        vllm.Requests.Should().ContainSingle().Which.Headers["Accept"].Should().Be("text/event-stream");
    }

    public static TheoryData<string, string, BodyEnding, RequestFailure, int> Faults => new()
    {
        { "cut after an event", "data: {}\n\n", BodyEnding.Broken, RequestFailure.ConnectionFailed, 1 },
        { "cut inside an event", "data: {}\n\ndata: {\"a\":", BodyEnding.Broken, RequestFailure.ConnectionFailed, 1 },
        { "ended in order inside an event", "data: {}\n\ndata: {\"a\":", BodyEnding.Clean, RequestFailure.ConnectionFailed, 1 },
        { "cut before an event", "", BodyEnding.Broken, RequestFailure.ConnectionFailed, 0 },
        { "ended before an event", ": warm\n\n", BodyEnding.Clean, RequestFailure.ConnectionFailed, 0 },
        { "silent", "data: {}\n\n", BodyEnding.Silent, RequestFailure.Timeout, 1 },
        { "silent from the start", "", BodyEnding.Silent, RequestFailure.Timeout, 0 },
        { "an error event", "data: {}\n\ndata: {\"error\":{\"message\":\"EngineCore encountered an issue.\",\"code\":500}}\n\ndata: [DONE]\n\n", BodyEnding.Clean, RequestFailure.EngineDead, 1 },
        { "an error at once", "data: {\"error\":{\"message\":\"bad\",\"type\":\"BadRequestError\",\"code\":400}}\n\n", BodyEnding.Clean, RequestFailure.BadRequest, 0 },
        { "an error of messages", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"full\"}}\n\n", BodyEnding.Clean, RequestFailure.Overloaded, 0 },
        { "a page in the middle", "data: {}\n\n<html>504</html>\n", BodyEnding.Clean, RequestFailure.InvalidReply, 1 },
        { "a whole answer", "{\"id\":\"x\"}", BodyEnding.Clean, RequestFailure.UnexpectedContent, 0 },
        { "a route that the model lacks", "{\"object\":\"error\",\"message\":\"The model does not support Transcriptions API\",\"code\":400}", BodyEnding.Clean, RequestFailure.RouteNotFound, 0 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_breaks_is_told_after_what_came_was_handed_out(string because, string body, BodyEnding ending, RequestFailure failure, int came)
    {
        Func<Task> reading = () => ReadAsync(CannedServer.Saying(body, ending));

        VllmRequestException told = (await reading.Should().ThrowAsync<VllmRequestException>(because)).Which;
        told.Failure.Should().Be(failure, $"{because}: {told.Message}");
        _came.Should().HaveCount(came, because);
        if (came > 0 && failure is RequestFailure.ConnectionFailed or RequestFailure.Timeout)
            told.Message.Should().Contain($"after {came} event");
    }

    [Fact]
    public async Task Half_an_event_is_kept_with_the_failure()
    {
        Func<Task> reading = () => ReadAsync(CannedServer.Saying("data: {}\n\ndata: {\"half\":", BodyEnding.Clean));

        (await reading.Should().ThrowAsync<VllmRequestException>()).Which.ResponseBody.Should().Be("{\"half\":");
    }

    [Theory]
    [InlineData("data: {}\n\ndata: [DONE]")]
    [InlineData("data: {}\n\ndata: {\"last\":true}\n")]
    public async Task A_last_event_without_its_blank_line_is_whole_where_it_reads_as_such(string body)
    {
        await ReadAsync(CannedServer.Saying(body));

        _came.Should().HaveCount(2);
    }

    [Fact]
    public async Task Until_the_first_event_a_request_is_tried_again_and_never_after_it()
    {
        int asked = 0;
        using var vllm = FakeVllm.InMemory(_ => ++asked == 1
            ? Script.Fails("The engine is currently busy.", 503, "ServiceUnavailable").WithStatus(503)
            : Script.Says("a").Cuts());
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.Resilience.BaseDelay = TimeSpan.FromMilliseconds(1));

        Func<Task> reading = () => CollectAsync(adapter.Routes.StreamEventsAsync("/v1/chat/completions", Chat()));

        (await reading.Should().ThrowAsync<VllmRequestException>()).Which.Attempts.Should().Be(2);
        asked.Should().Be(2);
        _came.Should().NotBeEmpty();
    }

    [Fact]
    public async Task The_callers_token_ends_it_as_the_callers()
    {
        using var source = new CancellationTokenSource();
        using var vllm = FakeVllm.InMemory(Script.Says("a").GoesSilent());

        Func<Task> reading = async () =>
        {
            await foreach (SseItem<string> item in vllm.CreateAdapter().Routes.StreamEventsAsync("/v1/chat/completions", Chat(), cancellationToken: source.Token))
                await source.CancelAsync();
        };

        (await reading.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(source.Token);
        await vllm.WhenIdleAsync();
        vllm.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task Leaving_hangs_up()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("a").GoesSilent());

        await foreach (SseItem<string> item in vllm.CreateAdapter().Routes.StreamEventsAsync("/v1/chat/completions", Chat()))
            break;

        await vllm.WhenIdleAsync();
        vllm.Aborted.Should().Be(1);
    }

    private static JsonObject Chat() => new()
    {
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "hi" }),
        ["stream"] = true,
    };

    private Task<IReadOnlyList<SseItem<string>>> ReadAsync(CannedServer server) => CollectAsync(server.NewAdapter().Routes.StreamEventsAsync("/v1/anything", []));

    private async Task<IReadOnlyList<SseItem<string>>> CollectAsync(IAsyncEnumerable<SseItem<string>> events)
    {
        await foreach (SseItem<string> item in events)
            _came.Add(item);

        return _came;
    }
}
