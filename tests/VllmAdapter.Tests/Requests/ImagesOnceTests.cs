using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Requests;

/// <summary>An image with an id is sent once, and goes by that alone on the later turns of a conversation.</summary>
public sealed class ImagesOnceTests
{
    private static readonly ImagePart Red = ContentPart.Image(new byte[300], "image/png") with { Uuid = "red" };
    private static readonly ImagePart Blue = ContentPart.Image(new byte[30], "image/png") with { Uuid = "blue" };

    [Fact]
    public async Task The_second_turn_sends_the_id_alone_and_counts_what_it_saves()
    {
        using FakeVllm vllm = NewServer();
        using var saved = new Saved();
        VllmInferenceAdapter adapter = NewAdapter(vllm);
        ChatRequest first = Asking(Red);

        await adapter.CompleteChatAsync(first);
        await adapter.CompleteChatAsync(first.With(VllmMessage.User("And now?", Blue)));

        Images(vllm, 0).Should().Equal(("red", true));
        Images(vllm, 1).Should().Equal(("red", false), ("blue", true));
        saved.Bytes.Should().Be(Red.Url.Length);
    }

    [Fact]
    public async Task An_image_that_the_server_has_dropped_goes_out_again_and_counts_as_an_attempt()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = NewAdapter(vllm);
        await adapter.CompleteChatAsync(Asking(Red));
        await adapter.Server.Administration.ResetMediaCacheAsync();

        ChatAnswer answer = await adapter.CompleteChatAsync(Asking(Red));

        answer.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
        answer.Outcome.Evidence.FailedAttempts.Should().ContainSingle().Which.Reason.Should().Contain("Cache miss for image at index 0");
        string[] chats = [.. Chats(vllm).Select(request => request.Headers["X-Request-Id"])];
        chats.Should().HaveCount(3).And.OnlyHaveUniqueItems();
        answer.Outcome.Evidence.RequestId.Should().Be(chats[2]);
        (Images(vllm, 1).Single(), Images(vllm, 2).Single()).Should().Be((("red", false), ("red", true)));
    }

    public static TheoryData<string, ChatRequest> Spellings
    {
        get
        {
            var raw = new JsonObject { ["uuid"] = "red", ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = Red.Url, ["x"] = 1 }, ["y"] = "é" };
            JsonNode messages = new JsonArray(null, "no message", new JsonObject { ["role"] = "user", ["content"] = new JsonArray(raw.DeepClone(), "no part", raw.DeepClone()), ["z"] = 1.50 });
            return new()
            {
                { "typed", Asking(Red with { Detail = "low" }, ContentPart.Text("and"), Blue, Red) },
                { "as it is", Asking(ContentPart.Raw(raw)) },
                { "by Extra", ChatRequest.FromPrompt("outranked") with { Extra = new() { ["a"] = "é", ["messages"] = messages }, SendUnchecked = true } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Spellings), DisableDiscoveryEnumeration = true)]
    public void The_body_with_what_was_left_out_is_the_same_as_if_nothing_ever_were(string spelling, ChatRequest request)
    {
        var sent = new SentImages();
        sent.Add("red", Red.Url);
        var images = new ImagesOnce(sent);
        byte[] whole = ChatRequestBody.Build(request, "tiny", UsageReporting.Final).Utf8;

        byte[] body = ChatRequestBody.Build(request, "tiny", UsageReporting.Final, images).Utf8;

        body.Length.Should().BeLessThan(whole.Length - Red.Url.Length, spelling);
        images.WholeBody(body).Should().Equal(whole);
        sent.Contains("red", Red.Url).Should().BeFalse("the server has it no longer");
    }

    [Fact]
    public async Task What_was_sent_again_is_known_again()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = NewAdapter(vllm);
        await adapter.CompleteChatAsync(Asking(Red));
        await adapter.Server.Administration.ResetMediaCacheAsync();
        await adapter.CompleteChatAsync(Asking(Red));

        await adapter.CompleteChatAsync(Asking(Red));

        Images(vllm, 3).Should().Equal(("red", false));
    }

    [Fact]
    public async Task By_default_everything_is_sent_each_time()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await adapter.CompleteChatAsync(Asking(Red));
        await adapter.CompleteChatAsync(Asking(Red));

        Images(vllm, 1).Should().Equal(("red", true));
    }

    [Fact]
    public async Task An_image_without_an_id_is_sent_each_time()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = NewAdapter(vllm);

        await adapter.CompleteChatAsync(Asking(Red with { Uuid = null }));
        await adapter.CompleteChatAsync(Asking(Red with { Uuid = null }));

        Images(vllm, 1).Should().Equal((null, true));
    }

    [Fact]
    public async Task A_request_that_was_refused_has_brought_nothing()
    {
        int asked = 0;
        using var vllm = FakeVllm.InMemory(_ => ++asked == 1 ? Script.Fails("no", 400, "BadRequestError").WithStatus(400) : Script.Says("a").Finishes("stop").Uses(1, 1).Done());
        VllmInferenceAdapter adapter = NewAdapter(vllm);
        await FluentActions.Awaiting(() => adapter.CompleteChatAsync(Asking(Red))).Should().ThrowAsync<VllmRequestException>();

        await adapter.CompleteChatAsync(Asking(Red));

        Images(vllm, 1).Should().Equal(("red", true));
    }

    [Fact]
    public async Task One_id_for_two_images_is_refused_for_the_server_would_take_one_for_the_other()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = NewAdapter(vllm);
        await adapter.CompleteChatAsync(Asking(Red));

        FluentActions.Invoking(() => adapter.StreamChatAsync(Asking(Blue with { Uuid = "red" }))).Should().Throw<ArgumentException>().Which.Message.Should().Contain("\"red\"");
        FluentActions.Invoking(() => adapter.StreamChatAsync(Asking(Blue, Red with { Uuid = "blue" }))).Should().Throw<ArgumentException>();
        Chats(vllm).Should().ContainSingle();
    }

    [Fact]
    public void The_id_is_saved_with_the_message()
    {
        VllmMessage message = VllmMessage.User("Look.", Red);

        string json = System.Text.Json.JsonSerializer.Serialize(message);

        json.Should().Contain("\"uuid\":\"red\"");
        System.Text.Json.JsonSerializer.Deserialize<VllmMessage>(json).Should().Be(message);
    }

    private static ChatRequest Asking(params ContentPart[] images) => new() { Messages = [VllmMessage.User("What is it?", images)] };

    private static VllmInferenceAdapter NewAdapter(FakeVllm vllm) => vllm.CreateAdapter(options =>
    {
        options.SendImagesOnce = true;
        options.Resilience.MaxAttempts = 1;
    });

    private static FakeVllm NewServer() => FakeVllm.InMemory(new FakeVllmOptions { DevMode = true }, Script.Says("Red.").Finishes("stop").Uses(30, 2).Done());

    private static IEnumerable<ReceivedRequest> Chats(FakeVllm vllm) => vllm.Requests.Where(request => request.Path == "/v1/chat/completions");

    private static IEnumerable<(string? Uuid, bool HasData)> Images(FakeVllm vllm, int chat) => Chats(vllm).ElementAt(chat).Json!["messages"]!.AsArray()
        .SelectMany(message => message!["content"] as JsonArray ?? [])
        .Where(part => part!["type"]!.GetValue<string>() == "image_url")
        .Select(part => (part!["uuid"]?.GetValue<string>(), part["image_url"] is not null));

    private sealed class Saved : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Saved()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == VllmTelemetry.Instruments.ImageBytesSaved)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, bytes, _, _) => Bytes += bytes);
            _listener.Start();
        }

        public long Bytes { get; private set; }

        public void Dispose() => _listener.Dispose();
    }
}
