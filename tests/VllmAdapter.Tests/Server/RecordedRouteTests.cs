namespace VllmAdapter.Tests.Server;

/// <summary>What vLLM 0.8.5 to 0.33.0 answered on routes that they lack, to wrong keys, and on the routes of who runs a server: each through the public API.</summary>
public sealed class RecordedRouteTests
{
    public static TheoryData<string> Refused => [.. RecordedRoute.Names.Where(name => Enum.TryParse<RequestFailure>(RecordedRoute.Of(name).Expected, out _))];

    public static TheoryData<string> Streams => [.. RecordedRoute.Names.Where(name => RecordedRoute.Of(name).Expected is nameof(StreamVerdict.Completed) or nameof(StreamVerdict.Aborted))];

    public static TheoryData<string> Answered => [.. RecordedRoute.Names.Where(name => RecordedRoute.Of(name).Expected is null)];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_refusal_is_of_its_kind_and_says_the_way_out(string name)
    {
        RecordedRoute recorded = RecordedRoute.Of(name);

        VllmRequestException failure = (await FluentActions.Awaiting(() => AskAsync(recorded)).Should().ThrowAsync<VllmRequestException>()).Which;

        failure.Failure.ToString().Should().Be(recorded.Expected, failure.Message);
        failure.IsRetryable.Should().BeFalse();
        failure.Message.Should().EndWith(".").And.NotContain("..");
        if (failure.Failure == RequestFailure.RouteNotFound)
            failure.Message.Should().Contain(recorded.Path.Split('?')[0]);
    }

    [Theory]
    [MemberData(nameof(Answered))]
    public async Task An_answer_is_taken(string name) => (await AskAsync(RecordedRoute.Of(name))).Should().NotBeNull();

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_tells_what_became_of_it(string name)
    {
        RecordedRoute recorded = RecordedRoute.Of(name);

        ChatAnswer answer = await recorded.NewAdapter().CompleteChatAsync(ChatRequest.FromPrompt("hi") with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        answer.Outcome.Verdict.ToString().Should().Be(recorded.Expected);
    }

    [Theory]
    [InlineData("missing/one", "vllm-0.8.5", "an embedding model")]
    [InlineData("missing/one", "vllm-0.11.0", "an embedding model")]
    [InlineData("missing/one", "vllm-0.32.0", "an embedding model")]
    [InlineData("missing/rerank", "vllm-0.8.5", "a reranker")]
    [InlineData("missing/score-1-n", "vllm-0.33.0", "a reranker")]
    [InlineData("missing/classify", "vllm-0.11.0", "a classification model")]
    [InlineData("missing/pooling-token-embed", "vllm-0.20.2", "a pooling model")]
    [InlineData("missing/audio-json", "vllm-0.32.0", "a speech model")]
    [InlineData("missing/post-v1-completions-render", "vllm-0.32.0", "--enable-scale-out")]
    [InlineData("missing/post-v1-unload-lora-adapter", "vllm-0.32.0", "VLLM_ALLOW_RUNTIME_LORA_UPDATING=1")]
    [InlineData("missing/post-sleep", "vllm-0.32.0", "VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode")]
    [InlineData("missing/post-pause", "vllm-0.33.0", "VLLM_SERVER_DEV_MODE=1")]
    [InlineData("decisions/choice", "vllm-0.33.0", "a decision head")]
    [InlineData("lora-not-enabled/load-missing", "vllm-0.32.0", "--enable-lora")]
    [InlineData("lora/load-rank-too-high", "vllm-0.32.0", "--max-lora-rank")]
    [InlineData("lora/load-bad-module", "vllm-0.32.0", "made for this model")]
    [InlineData("lora/load-no-weights", "vllm-0.32.0", "adapter_model.safetensors")]
    [InlineData("lora/load-missing", "vllm-0.32.0", "The path is one on the server")]
    [InlineData("lora/load-empty-folder", "vllm-0.32.0", "adapter_config.json")]
    public async Task What_the_server_lacks_is_named(string what, string version, string named)
    {
        Func<Task> asking = () => AskAsync(RecordedRoute.Of($"{version}/{what}"));

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain(named);
    }

    [Theory]
    [InlineData("is-sleeping", false)]
    [InlineData("is-sleeping-level-0", true)]
    [InlineData("is-sleeping-after-weights", true)]
    [InlineData("is-paused", true)]
    [InlineData("wake-up", true)]
    [InlineData("wake-tag-weights", false)]
    [InlineData("reset-prefix-cache", true)]
    public async Task What_the_engine_says_of_itself_is_read(string name, bool expected) =>
        (await AskAsync(RecordedRoute.Of($"vllm-0.32.0/dev/{name}"))).Should().Be(expected);

    [Theory]
    [InlineData("abort-requests-all-2", 1)]
    [InlineData("abort-requests-none", 0)]
    public async Task How_many_requests_were_ended_is_told(string name, int count) =>
        (await AskAsync(RecordedRoute.Of($"vllm-0.32.0/dev/{name}"))).Should().Be(count);

    [Fact]
    public void All_of_them_are_here() => RecordedRoute.Names.Should().HaveCount(376);

    private static async Task<object> AskAsync(RecordedRoute recorded)
    {
        VllmInferenceAdapter adapter = recorded.NewAdapter();
        ServerAdministration administration = adapter.Server.Administration;
        string path = recorded.Path.Split('?')[0];
        if (recorded.Method == HttpMethod.Get)
        {
            return path switch
            {
                "/health" => await adapter.Server.CheckHealthAsync(),
                "/load" => await adapter.Server.GetLoadAsync(),
                "/v1/models" => await adapter.Server.GetModelsAsync(),
                "/is_sleeping" => await administration.IsSleepingAsync(),
                "/is_paused" => await administration.IsPausedAsync(),
                _ => await adapter.Routes.GetAsync(recorded.Path),
            };
        }

        string TextOf(string field) => recorded.Body[field] is { } text && text.GetValue<string>() is { Length: > 0 } said ? said : "none";
        return path switch
        {
            "/v1/load_lora_adapter" => await adapter.Server.LoadLoraAsync(TextOf("lora_name"), TextOf("lora_path")),
            "/v1/unload_lora_adapter" => await adapter.Server.UnloadLoraAsync(TextOf("lora_name")),
            "/v1/chat/completions" => await adapter.CompleteChatAsync(ChatRequest.FromPrompt("hi") with { Stream = recorded.Body.ContainsKey("stream"), Model = TextOf("model") }),
            "/detokenize" => await adapter.Server.DetokenizeAsync([101]),
            "/sleep" => await Done(administration.SleepAsync()),
            "/pause" => await Done(administration.PauseAsync()),
            "/resume" => await Done(administration.ResumeAsync()),
            "/wake_up" => (await administration.WakeUpAsync())!,
            "/abort_requests" => await administration.AbortAllRequestsAsync(),
            "/reset_prefix_cache" => (await administration.ResetPrefixCacheAsync())!,
            "/reset_mm_cache" => await Done(administration.ResetMediaCacheAsync()),
            _ => await adapter.Routes.PostAsync(recorded.Path, recorded.Body),
        };

        static async Task<object> Done(Task task)
        {
            await task;
            return true;
        }
    }
}
