using System.Diagnostics;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class SpanTests
{
    [Fact]
    public async Task A_call_is_one_client_span_with_what_was_asked_and_what_came()
    {
        using var call = new ObservedCall(
            Script.Reasons("The", " thought").Says("The", " answer").Finishes("stop").Uses(10, 4, reasoning: 2).Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with
        {
            MaxTokens = 100,
            ChoiceCount = 1,
            Sampling = new SamplingOptions
            {
                Temperature = 0.5,
                TopP = 0.9,
                TopK = 20,
                Seed = 7,
                Stop = ["END"],
                FrequencyPenalty = 0.25,
                PresencePenalty = -0.25,
            },
            Reasoning = new ReasoningSettings { Effort = ReasoningLevel.Low },
            Headers = new RequestHeaders { RequestId = "request-1", Session = "session-1" },
            Extra = new JsonObject { ["response_format"] = new JsonObject { ["type"] = "text" } },
            SendUnchecked = true,
        });

        (telemetry.Span.OperationName, telemetry.Span.Kind, telemetry.Span.Status)
            .Should().Be(("chat granite", ActivityKind.Client, ActivityStatusCode.Unset));
        telemetry.Span.TagObjects.Should().BeEquivalentTo(new Dictionary<string, object?>
        {
            ["gen_ai.operation.name"] = "chat",
            ["gen_ai.provider.name"] = "vllm",
            ["server.address"] = call.Server,
            ["server.port"] = 8000,
            ["gen_ai.request.model"] = "granite",
            ["gen_ai.request.stream"] = true,
            ["gen_ai.request.max_tokens"] = 100,
            ["gen_ai.request.temperature"] = 0.5,
            ["gen_ai.request.top_p"] = 0.9,
            ["gen_ai.request.top_k"] = 20L,
            ["gen_ai.request.seed"] = 7L,
            ["gen_ai.request.stop_sequences"] = new[] { "END" },
            ["gen_ai.request.frequency_penalty"] = 0.25,
            ["gen_ai.request.presence_penalty"] = -0.25,
            ["gen_ai.request.reasoning.level"] = "low",
            ["gen_ai.conversation.id"] = "session-1",
            ["gen_ai.output.type"] = "text",
            ["gen_ai.response.id"] = "chatcmpl-request-1",
            ["gen_ai.response.model"] = "granite",
            ["gen_ai.response.finish_reasons"] = new[] { "stop" },
            ["gen_ai.response.time_to_first_chunk"] = 0.0,
            ["gen_ai.usage.input_tokens"] = 10L,
            ["gen_ai.usage.output_tokens"] = 4L,
            ["gen_ai.usage.reasoning.output_tokens"] = 2,
            ["vllm_adapter.stream.verdict"] = "completed",
            ["vllm_adapter.stream.termination_cause"] = "sentinel",
            ["vllm_adapter.request.attempts"] = 1,
            ["vllm_adapter.request.id"] = "request-1",
        });
    }

    [Fact]
    public async Task What_was_not_asked_and_did_not_come_is_absent()
    {
        using var call = new ObservedCall(Script.Says("Hel").Cuts());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { UsageReporting = UsageReporting.None });

        telemetry.Span.TagObjects.Select(tag => tag.Key).Should().BeEquivalentTo(
            "gen_ai.operation.name", "gen_ai.provider.name", "server.address", "server.port", "gen_ai.request.model", "gen_ai.request.stream",
            "gen_ai.response.id", "gen_ai.response.model", "gen_ai.response.time_to_first_chunk", "vllm_adapter.stream.verdict",
            "vllm_adapter.stream.termination_cause", "vllm_adapter.request.attempts", "vllm_adapter.request.id", "error.type");
    }

    [Theory]
    [InlineData(StreamVerdict.Completed, "completed", null)]
    [InlineData(StreamVerdict.Unconfirmed, "unconfirmed", null)]
    [InlineData(StreamVerdict.LengthLimited, "length_limited", null)]
    [InlineData(StreamVerdict.StoppedByServer, "stopped_by_server", null)]
    [InlineData(StreamVerdict.Aborted, "aborted", "aborted")]
    [InlineData(StreamVerdict.Interrupted, "interrupted", "interrupted")]
    [InlineData(StreamVerdict.Stalled, "stalled", "stalled")]
    [InlineData(StreamVerdict.ServerError, "server_error", "server_error")]
    [InlineData(StreamVerdict.Malformed, "malformed", "malformed")]
    public async Task The_verdict_is_on_the_span_and_a_failing_one_is_its_error(StreamVerdict verdict, string word, string? error)
    {
        using var call = new ObservedCall(EndingScripts.For(verdict));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.Verdict).Should().Be(word);
        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.ErrorType).Should().Be(error);
        telemetry.Span.Status.Should().Be(error is null ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
    }

    [Theory]
    [InlineData(IncompleteStreamBehavior.Report, StreamVerdict.Interrupted, "interrupted")]
    [InlineData(IncompleteStreamBehavior.ThrowUnlessConfirmed, StreamVerdict.Unconfirmed, "unconfirmed")]
    public async Task A_verdict_is_an_error_if_it_fails_by_default_or_by_the_callers_choice(
        IncompleteStreamBehavior choice, StreamVerdict verdict, string error)
    {
        using var call = new ObservedCall(EndingScripts.For(verdict));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { OnIncompleteStream = choice });

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.ErrorType).Should().Be(error);
    }

    [Fact]
    public async Task A_request_that_never_became_a_stream_has_its_failure_for_an_error_and_no_verdict()
    {
        using var call = new ObservedCall(Script.Refuses(429, "Too many."));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { Headers = new RequestHeaders { RequestId = "request-1" } });

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.ErrorType).Should().Be("rate_limited");
        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.RequestId).Should().Be("request-1-3");
        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.Attempts).Should().Be(3);
        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.Verdict).Should().BeNull();
        telemetry.Span.Status.Should().Be(ActivityStatusCode.Error);
    }

    [Fact]
    public async Task A_policy_that_throws_ends_the_span_with_its_exceptions_type()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { Termination = new BrokenPolicy() });

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.ErrorType).Should().Be("System.NotSupportedException");
    }

    [Fact]
    public async Task Leaving_the_loop_ends_the_span_and_is_no_error()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").GoesSilent());
        using var telemetry = new CapturedTelemetry(call.Server);

        await foreach (ChatChunk chunk in call.Adapter.StreamChatAsync(ObservedCall.Question))
        {
            telemetry.Spans.Should().BeEmpty("the call is still going on");
            break;
        }

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.Verdict).Should().Be("abandoned");
        telemetry.Span.Status.Should().Be(ActivityStatusCode.Unset);
    }

    [Fact]
    public async Task Canceling_ends_the_span_and_is_no_error()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").GoesSilent());
        using var telemetry = new CapturedTelemetry(call.Server);
        using var canceled = new CancellationTokenSource();

        Task reading = call.Adapter.CompleteChatAsync(ObservedCall.Question, canceled.Token);
        await canceled.CancelAsync();
        await FluentActions.Awaiting(() => reading).Should().ThrowAsync<OperationCanceledException>();

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.Verdict).Should().Be("canceled");
        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.TerminationCause).Should().Be("caller-canceled");
        telemetry.Span.Status.Should().Be(ActivityStatusCode.Unset);
    }

    [Fact]
    public async Task The_span_is_current_for_the_http_client_and_never_for_the_consumer()
    {
        var handler = new SpanSeeingHandler();
        using var call = new ObservedCall(
            Script.Says("one", "two").Pauses(TimeSpan.FromSeconds(1)).Says("three").Finishes("stop").Done(), handler);
        using var telemetry = new CapturedTelemetry(call.Server);
        using Activity consumers = new Activity("consumer").Start();

        IAsyncEnumerator<ChatChunk> chunks = call.Adapter.StreamChatAsync(ObservedCall.Question).GetAsyncEnumerator();
        while (true)
        {
            ValueTask<bool> next = chunks.MoveNextAsync();
            Activity.Current.Should().BeSameAs(consumers);
            if (!next.IsCompleted)
                call.Clock.Advance(TimeSpan.FromSeconds(1));

            if (!await next)
                break;

            Activity.Current.Should().BeSameAs(consumers);
        }

        await chunks.DisposeAsync();
        Activity.Current.Should().BeSameAs(consumers);
        handler.Seen.Should().BeSameAs(telemetry.Span);
        telemetry.Span.ParentSpanId.Should().Be(consumers.SpanId);
    }

    [Fact]
    public async Task The_end_of_the_span_does_not_bring_back_what_was_current_at_its_beginning()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Done());
        using var telemetry = new CapturedTelemetry(call.Server);
        IAsyncEnumerator<ChatChunk> chunks = call.Adapter.StreamChatAsync(ObservedCall.Question).GetAsyncEnumerator();
        using (new Activity("first").Start())
            await chunks.MoveNextAsync();

        using Activity second = new Activity("second").Start();
        while (await chunks.MoveNextAsync())
            Activity.Current.Should().BeSameAs(second);

        telemetry.Spans.Should().ContainSingle();
        Activity.Current.Should().BeSameAs(second);
    }

    [Fact]
    public void The_span_is_current_between_sending_and_the_headers_only()
    {
        using var listening = new CapturedTelemetry("unsent.test");
        using Activity before = new Activity("before").Start();
        var telemetry = new CallTelemetry(ObservedCall.Unsent());
        Activity.Current.Should().BeSameAs(before);

        using (telemetry.Send("request-1"))
            Activity.Current!.OperationName.Should().Be("chat");

        Activity.Current.Should().BeSameAs(before);
        before.Stop();
        telemetry.Fail(new NotSupportedException());
        Activity.Current.Should().BeNull();
        listening.Spans.Should().ContainSingle();
    }

    [Fact]
    public async Task No_content_is_captured()
    {
        using var call = new ObservedCall(
            Script.Reasons("secret thought").Says("secret answer").Calls("secret_tool", "{\"secret\":1").Finishes("tool_calls").Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ChatRequest.FromPrompt("secret prompt"));

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.WithheldToolCalls).Should().Be(1);
        telemetry.Span.TagObjects.Select(tag => $"{tag.Value}").Should().NotContain(value => value.Contains("secret", StringComparison.Ordinal));
        telemetry.Span.Events.Should().BeEmpty();
        telemetry.Span.StatusDescription.Should().BeNull();
    }

    [Theory]
    [InlineData("""{"response_format":{"type":"json_object"}}""", "json")]
    [InlineData("""{"response_format":{"type":"json_schema"}}""", "json")]
    [InlineData("""{"structured_outputs":{"json":{"type":"object"}}}""", "json")]
    [InlineData("""{"structured_outputs":{"json_object":true}}""", "json")]
    [InlineData("""{"structured_outputs":{"regex":"a+"}}""", null)]
    [InlineData("""{"structured_outputs":{"json":null}}""", null)]
    [InlineData("""{"response_format":null}""", null)]
    [InlineData("""{"response_format":{"type":"structural_tag"}}""", null)]
    public async Task The_output_type_is_told_where_the_request_names_one(string extra, string? type)
    {
        using var call = new ObservedCall(Script.Says("{}").Finishes("stop").Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { Extra = JsonNode.Parse(extra)!.AsObject(), SendUnchecked = true });

        telemetry.Span.GetTagItem(VllmTelemetry.Attributes.OutputType).Should().Be(type);
    }

    [Theory]
    [InlineData("""{"stop":"END"}""", "END")]
    [InlineData("""{"stop":["A","B"]}""", "A,B")]
    [InlineData("""{"stop":[]}""", null)]
    [InlineData("""{"stop":null}""", null)]
    public async Task Stop_strings_are_told_in_every_form_of_the_wire(string extra, string? stops)
    {
        using var call = new ObservedCall(Script.Says("Hel").Finishes("stop").Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { Extra = JsonNode.Parse(extra)!.AsObject() });

        var told = (string[]?)telemetry.Span.GetTagItem(VllmTelemetry.Attributes.RequestStopSequences);
        (told is null ? null : string.Join(',', told)).Should().Be(stops);
    }

    private sealed class SpanSeeingHandler : DelegatingHandler
    {
        public Activity? Seen { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            Seen = Activity.Current;
            return await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class BrokenPolicy : IStreamTerminationPolicy
    {
        public TerminationDecision Judge(StreamEvidence evidence) =>
            evidence.Chunks == 0 ? TerminationDecision.Continue : throw new NotSupportedException();
    }
}
