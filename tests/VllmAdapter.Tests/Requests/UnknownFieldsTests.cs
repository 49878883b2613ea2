using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.Requests;

/// <summary>A field that the server would ignore without a word is told of before it is missed.</summary>
public sealed class UnknownFieldsTests : IDisposable
{
    private static readonly ChatRequest Constrained = ChatRequest.FromPrompt("hi") with { Output = StructuredOutput.OneOf("yes", "no") };

    private readonly CapturedLogs _logs = new();

    public void Dispose() => _logs.Dispose();

    public static TheoryData<int, bool, string, string?> Fields => new()
    {
        { 8, true, "structured_outputs", "vLLM has known it since 0.11.0." },
        { 8, false, "structured_outputs", "vLLM has known it since 0.11.0." },
        { 11, true, "structured_outputs", null },
        { 11, false, "structured_outputs", null },
        { 8, true, "guided_json", null },
        { 33, true, "guided_json", "vLLM knew it before 0.12.0; use structured_outputs, since 0.11.0." },
        { 33, false, "guided_json", "vLLM knew it before 0.12.0; use structured_outputs, since 0.11.0." },
        { 11, true, "repetition_detection", "vLLM has known it since 0.17.0." },
        { 20, false, "repetition_detection", null },
        { 20, false, "session_id", "vLLM has known it since about 0.27." },
        { 32, true, "return_weight_versions", "vLLM has known it since 0.33.0." },
        { 33, true, "max_token", "check the spelling." },
        { 33, false, "max_token", null },
        { 33, true, "max_tokens", null },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_is_told_of_where_the_server_ignores_it_and_nowhere_else(int minor, bool hasDocs, string field, string? told)
    {
        using FakeVllm vllm = NewServer(minor, hasDocs);
        ChatRequest request = ChatRequest.FromPrompt("hi") with { Extra = new JsonObject { [field] = field == "max_tokens" ? 5 : "x" }, OnIncompleteStream = IncompleteStreamBehavior.Report };

        await AskAsync(vllm, request, UnknownFieldBehavior.Note);

        if (told is null)
            Warnings().Should().BeEmpty();
        else
            Warnings().Should().ContainSingle().Which.Should().Contain($"\"{field}\"").And.EndWith(told).And.Contain($"vLLM 0.{minor}.");
    }

    [Fact]
    public async Task A_request_that_would_be_ignored_in_part_is_refused_and_never_sent()
    {
        using FakeVllm vllm = NewServer(8);

        Func<Task> asking = () => AskAsync(vllm, Constrained, UnknownFieldBehavior.Refuse);

        VllmRequestException failure = (await asking.Should().ThrowAsync<VllmRequestException>()).Which;
        (failure.Failure, failure.Attempts, failure.IsRetryable, failure.StatusCode).Should().Be((RequestFailure.BadRequest, 0, false, null));
        failure.Message.Should().Contain("structured_outputs").And.Contain("0.11.0");
        Chats(vllm).Should().Be(0);
    }

    [Fact]
    public async Task A_server_that_knows_the_field_gets_it()
    {
        using FakeVllm vllm = NewServer(33);

        await AskAsync(vllm, Constrained, UnknownFieldBehavior.Refuse);

        Chats(vllm).Should().Be(1);
    }

    [Theory]
    [InlineData(UnknownFieldBehavior.Off, true)]
    [InlineData(null, true)]
    [InlineData(UnknownFieldBehavior.Note, false)]
    [InlineData(UnknownFieldBehavior.Refuse, false)]
    public async Task Nobody_is_asked_where_nobody_wants_to_know_or_every_server_knows_the_fields(UnknownFieldBehavior? behavior, bool isConstrained)
    {
        using FakeVllm vllm = NewServer(8);

        await AskAsync(vllm, isConstrained ? Constrained : ChatRequest.FromPrompt("hi"), behavior);

        vllm.Requests.Should().ContainSingle();
        Warnings().Should().BeEmpty();
    }

    [Fact]
    public async Task A_request_that_is_sent_unchecked_is_not_looked_at()
    {
        using FakeVllm vllm = NewServer(8);

        await AskAsync(vllm, Constrained with { SendUnchecked = true }, UnknownFieldBehavior.Refuse);

        Chats(vllm).Should().Be(1);
    }

    [Fact]
    public async Task A_server_is_asked_once_and_a_field_is_told_of_once()
    {
        using FakeVllm vllm = NewServer(8);
        VllmInferenceAdapter adapter = NewAdapter(vllm, UnknownFieldBehavior.Note);

        for (int i = 0; i < 3; i++)
            await adapter.CompleteChatAsync(Constrained);

        await adapter.Server.Fields.LearnOnceAsync();
        vllm.Requests.Count(request => request.Path is "/version" or "/openapi.json").Should().Be(2);
        Warnings().Should().ContainSingle();
    }

    [Fact]
    public async Task A_server_that_does_not_say_what_it_knows_gets_everything()
    {
        using var gateway = FakeVllm.InMemory(new FakeVllmOptions { HasDocs = false, Profile = VllmProfile.V0_8 });
        var adapter = new VllmInferenceAdapter(
            new HttpClient(new Without("/version", gateway.CreateHandler())),
            new VllmAdapterOptions { Endpoint = gateway.Endpoint, UnknownFields = UnknownFieldBehavior.Refuse },
            timeProvider: null,
            _logs.ForAdapter());

        await adapter.CompleteChatAsync(Constrained);

        Chats(gateway).Should().Be(1);
    }

    [Fact]
    public async Task A_note_delays_nothing_while_the_server_is_slow_to_say()
    {
        using FakeVllm vllm = NewServer(8);
        var answer = new TaskCompletionSource();
        var adapter = new VllmInferenceAdapter(
            new HttpClient(new Held("/version", answer.Task, vllm.CreateHandler())),
            new VllmAdapterOptions { Endpoint = vllm.Endpoint, UnknownFields = UnknownFieldBehavior.Note },
            timeProvider: null,
            _logs.ForAdapter());

        await adapter.CompleteChatAsync(Constrained);

        Warnings().Should().BeEmpty();
        answer.SetResult();
        await adapter.Server.Fields.LearnOnceAsync();
        Warnings().Should().ContainSingle();
    }

    private async Task AskAsync(FakeVllm vllm, ChatRequest request, UnknownFieldBehavior? behavior)
    {
        VllmInferenceAdapter adapter = NewAdapter(vllm, behavior);
        await adapter.CompleteChatAsync(request);
        if (vllm.Requests.Any(asked => asked.Path == "/version"))
            await adapter.Server.Fields.LearnOnceAsync();
    }

    private VllmInferenceAdapter NewAdapter(FakeVllm vllm, UnknownFieldBehavior? behavior) => new(
        vllm.CreateHttpClient(), new VllmAdapterOptions { UnknownFields = behavior }, timeProvider: null, _logs.ForAdapter());

    private IEnumerable<string> Warnings() => _logs.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Text);

    private static int Chats(FakeVllm vllm) => vllm.Requests.Count(request => request.Path == "/v1/chat/completions");

    private static FakeVllm NewServer(int minor, bool hasDocs = true) => FakeVllm.InMemory(
        new FakeVllmOptions { HasDocs = hasDocs, Profile = VllmProfile.All.Single(profile => profile.Version.StartsWith($"0.{minor}.", StringComparison.Ordinal)) },
        Script.Says("yes").Finishes("stop").Uses(3, 1).Done());

    private sealed class Without(string path, HttpMessageHandler server) : DelegatingHandler(server)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == path)
                request.RequestUri = new Uri(request.RequestUri, "/nope");

            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Held(string path, Task until, HttpMessageHandler server) : DelegatingHandler(server)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == path)
                await until.WaitAsync(cancellationToken);

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
