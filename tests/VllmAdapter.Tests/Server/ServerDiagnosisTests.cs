using System.Net;
using RichardSzalay.MockHttp;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Server;

/// <summary>A server that does not answer chats is told as what it is: asleep, paused, at work, idle, hanging or dead.</summary>
public sealed class ServerDiagnosisTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task A_server_that_sleeps_answers_no_chat_and_says_why()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        await adapter.Server.Administration.SleepAsync(level: 1);

        Task<ChatAnswer> chat = adapter.CompleteChatAsync("hi");
        ServerDiagnosis found = await adapter.Server.DiagnoseAsync();

        chat.IsCompleted.Should().BeFalse();
        (found.Activity, found.IsSleeping, found.Health.IsHealthy).Should().Be((ServerActivity.Sleeping, true, true));
        found.Explain().Should().Contain("WakeUpAsync");
        (await adapter.Server.Administration.WakeUpAsync()).Should().BeTrue();
        (await chat).Text.Should().Be("You said: hi");
        (await adapter.Server.Administration.IsSleepingAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task A_part_of_it_awake_sleeps_on()
    {
        using FakeVllm vllm = NewServer();
        ServerAdministration administration = vllm.CreateAdapter().Server.Administration;
        await administration.SleepAsync(level: 1);

        (await administration.WakeUpAsync(["weights"])).Should().BeFalse();
        (await administration.IsSleepingAsync()).Should().BeTrue();
        (await administration.WakeUpAsync(["kv_cache"])).Should().BeTrue();
    }

    [Fact]
    public async Task A_server_that_is_paused_answers_no_chat_and_says_why()
    {
        using FakeVllm vllm = NewServer();
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        await adapter.Server.Administration.PauseAsync();

        Task<ChatAnswer> chat = adapter.CompleteChatAsync("hi");
        ServerDiagnosis found = await adapter.Server.DiagnoseAsync();

        chat.IsCompleted.Should().BeFalse();
        (found.Activity, found.IsPaused).Should().Be((ServerActivity.Paused, true));
        found.Explain().Should().Contain("ResumeAsync");
        await adapter.Server.Administration.ResumeAsync();
        (await chat).Text.Should().Be("You said: hi");
    }

    [Theory]
    [InlineData(RunningRequests.Abort, StreamVerdict.Aborted)]
    [InlineData(null, StreamVerdict.Aborted)]
    [InlineData(RunningRequests.Keep, StreamVerdict.Completed)]
    public async Task What_runs_is_ended_or_kept(RunningRequests? running, StreamVerdict verdict)
    {
        var goesOn = new TaskCompletionSource();
        using FakeVllm vllm = NewServer(Script.Says("Hel").WaitsFor(goesOn.Task).Says("lo").Finishes("stop").Uses(3, 2).Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.OnIncompleteStream = IncompleteStreamBehavior.Report);
        ChatStream stream = adapter.StreamChatAsync("hi");
        await using IAsyncEnumerator<ChatChunk> chunks = stream.GetAsyncEnumerator();
        while (await chunks.MoveNextAsync() && chunks.Current.Text.Length == 0)
        {
        }

        await adapter.Server.Administration.PauseAsync(running);
        goesOn.SetResult();
        await adapter.Server.Administration.ResumeAsync();
        while (await chunks.MoveNextAsync())
        {
        }

        stream.Outcome!.Verdict.Should().Be(verdict);
    }

    [Fact]
    public async Task Requests_are_ended_by_the_ids_of_their_answers()
    {
        var never = new TaskCompletionSource();
        using FakeVllm vllm = NewServer(Script.Says("Hel").WaitsFor(never.Task).Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.OnIncompleteStream = IncompleteStreamBehavior.Report);
        Task<ChatAnswer> mine = adapter.CompleteChatAsync(ChatRequest.FromPrompt("hi") with { Headers = new RequestHeaders { RequestId = "mine" } });

        (await adapter.Server.Administration.AbortRequestsAsync(["chatcmpl-mine", "chatcmpl-nobodys"])).Should().Be(2);

        (await mine).Outcome.Verdict.Should().Be(StreamVerdict.Aborted);
        (await adapter.Server.Administration.AbortAllRequestsAsync()).Should().Be(0);
    }

    [Fact]
    public async Task No_id_at_all_would_end_everything_and_is_refused()
    {
        using FakeVllm vllm = NewServer();

        Func<Task> ending = () => vllm.CreateAdapter().Server.Administration.AbortRequestsAsync([]);

        (await ending.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("AbortAllRequestsAsync");
        vllm.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public async Task A_level_that_is_none_is_refused(int level)
    {
        using FakeVllm vllm = NewServer();

        await FluentActions.Awaiting(() => vllm.CreateAdapter().Server.Administration.SleepAsync(level)).Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Caches_and_settings_are_within_reach()
    {
        using FakeVllm vllm = NewServer();
        ServerAdministration administration = vllm.CreateAdapter().Server.Administration;

        (await administration.ResetPrefixCacheAsync()).Should().BeTrue();
        await administration.ResetMediaCacheAsync();
        await administration.ResetEncoderCacheAsync();
        (await administration.GetServerInfoAsync()).GetProperty("vllm_config").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Object);
    }

    [Fact]
    public async Task An_old_server_that_says_nothing_is_taken_at_that()
    {
        using FakeVllm vllm = NewServer(new FakeVllmOptions { DevMode = true, Profile = VllmProfile.V0_8 });
        ServerAdministration administration = vllm.CreateAdapter().Server.Administration;
        await administration.SleepAsync();

        (await administration.WakeUpAsync()).Should().BeNull();
        (await administration.ResetPrefixCacheAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Without_development_mode_the_way_out_names_it()
    {
        using var vllm = FakeVllm.InMemory();

        Func<Task> sleeping = () => vllm.CreateAdapter().Server.Administration.SleepAsync();

        VllmRequestException failure = (await sleeping.Should().ThrowAsync<VllmRequestException>()).Which;
        (failure.Failure, failure.Message.Contains("VLLM_SERVER_DEV_MODE=1", StringComparison.Ordinal)).Should().Be((RequestFailure.RouteNotFound, true));
    }

    [Theory]
    [InlineData(1, 1, 5, 5, ServerActivity.Stuck)]
    [InlineData(1, 1, 5, 9, ServerActivity.Working)]
    [InlineData(0, 0, 5, 5, ServerActivity.Idle)]
    public async Task Without_development_mode_two_snapshots_tell(int before, int after, int tokensBefore, int tokensAfter, ServerActivity activity)
    {
        using var server = new MockHttpMessageHandler();
        int looks = 0;
        server.When("/health").Respond(HttpStatusCode.OK);
        server.When("/metrics").Respond(_ => new HttpResponseMessage
        {
            Content = new StringContent($"""
                vllm:num_requests_running {(looks == 0 ? before : after)}
                vllm:num_requests_waiting 0
                vllm:prompt_tokens_total 7
                vllm:generation_tokens_total {(looks++ == 0 ? tokensBefore : tokensAfter)}
                """),
        });
        server.When("*").Respond(HttpStatusCode.NotFound, "application/json", """{"detail":"Not Found"}""");
        var adapter = new VllmInferenceAdapter(new HttpClient(server), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") }, _clock);

        Task<ServerDiagnosis> diagnosing = adapter.Server.DiagnoseAsync(TimeSpan.FromSeconds(20));
        await _clock.WhenTimerArmedAsync(TimeSpan.FromSeconds(20));
        _clock.Advance(TimeSpan.FromSeconds(20));

        ServerDiagnosis found = await diagnosing;
        (found.Activity, found.IsSleeping, found.IsPaused, looks).Should().Be((activity, null, null, 2));
        found.Explain().Should().Contain("20 s");
    }

    [Fact]
    public async Task A_dead_engine_is_told_at_once()
    {
        using var server = new MockHttpMessageHandler();
        server.When("/health").Respond(HttpStatusCode.ServiceUnavailable);
        var adapter = new VllmInferenceAdapter(new HttpClient(server), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") }, _clock);

        ServerDiagnosis found = await adapter.Server.DiagnoseAsync();

        (found.Activity, found.Progress).Should().Be((ServerActivity.Dead, null));
        found.Explain().Should().StartWith("The server is not healthy:");
    }

    [Fact]
    public async Task Where_nothing_can_be_asked_nothing_is_said()
    {
        using var gateway = new MockHttpMessageHandler();
        gateway.When("/health").Respond(HttpStatusCode.OK);
        gateway.When("*").Respond(HttpStatusCode.NotFound);
        var adapter = new VllmInferenceAdapter(new HttpClient(gateway), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") }, _clock);

        (await adapter.Server.DiagnoseAsync()).Activity.Should().BeNull();
    }

    private FakeVllm NewServer(params ScriptedReply[] scripts) => NewServer(new FakeVllmOptions { DevMode = true, TimeProvider = _clock }, scripts);

    private static FakeVllm NewServer(FakeVllmOptions options, params ScriptedReply[] scripts) => FakeVllm.InMemory(options, scripts);
}
