using System.Diagnostics.Metrics;
using VllmAdapter.Testing;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter.Tests.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class MetricsTests
{
    [Fact]
    public async Task The_duration_runs_from_sending_to_the_outcome()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await EnumerateAsync(call, perChunk: TimeSpan.FromSeconds(2));

        Measurement duration = telemetry.Measured(Instruments.OperationDuration).Should().ContainSingle().Subject;
        duration.Tags.Should().BeEquivalentTo(new Dictionary<string, object?>
        {
            ["gen_ai.operation.name"] = "chat",
            ["gen_ai.provider.name"] = "vllm",
            ["gen_ai.request.model"] = "granite",
            ["gen_ai.response.model"] = "granite",
            ["server.address"] = call.Server,
            ["server.port"] = 8000,
            ["vllm_adapter.stream.verdict"] = "completed",
        });
        duration.Value.Should().Be(10, "five chunks came before the outcome: the role, two of text, the finish reason, the usage");
    }

    [Theory]
    [InlineData(StreamVerdict.Completed, "completed", "sentinel", null)]
    [InlineData(StreamVerdict.Unconfirmed, "unconfirmed", "sentinel", null)]
    [InlineData(StreamVerdict.Stalled, "stalled", "idle-timeout", "stalled")]
    [InlineData(StreamVerdict.ServerError, "server_error", "fault", "server_error")]
    public async Task Every_outcome_is_counted_by_its_verdict_and_cause(StreamVerdict verdict, string word, string cause, string? error)
    {
        using var call = new ObservedCall(EndingScripts.For(verdict));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        Measurement outcome = telemetry.Measured(Instruments.StreamOutcomes).Should().ContainSingle().Subject;
        (outcome.Value, outcome[Attributes.Verdict], outcome[Attributes.TerminationCause]).Should().Be((1, word, cause));
        telemetry.Measured(Instruments.OperationDuration).Should().ContainSingle().Which[Attributes.ErrorType].Should().Be(error);
    }

    [Fact]
    public async Task A_request_that_never_became_a_stream_has_a_duration_and_no_outcome()
    {
        using var call = new ObservedCall(Script.Refuses(400, "No."));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.OperationDuration).Should().ContainSingle().Which[Attributes.ErrorType].Should().Be("bad_request");
        telemetry.Measured(Instruments.StreamOutcomes).Should().BeEmpty();
        telemetry.Measured(Instruments.TokenUsage).Should().BeEmpty();
    }

    [Fact]
    public void A_call_is_reported_once_even_if_hanging_up_fails_after_its_outcome()
    {
        using var listening = new CapturedTelemetry("unsent.test");
        var telemetry = new CallTelemetry(ObservedCall.Unsent());

        telemetry.End(new ChatAnswer { Outcome = OutcomeJudge.Decide(new StreamEvidence(), TerminationCause.EndOfBody) });
        telemetry.Fail(new IOException());

        listening.Measured(Instruments.OperationDuration).Should().ContainSingle().Which[Attributes.ErrorType].Should().Be("interrupted");
        listening.Spans.Should().ContainSingle();
    }

    [Fact]
    public async Task Tokens_are_counted_by_their_type()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.TokenUsage).Select(tokens => (tokens[Attributes.TokenType], tokens.Value))
            .Should().Equal(("input", 10), ("output", 2));
    }

    [Fact]
    public async Task Tokens_that_nobody_counted_are_not_reported()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Done());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.TokenUsage).Should().BeEmpty();
        telemetry.Measured(Instruments.StreamOutcomes).Should().ContainSingle();
    }

    [Fact]
    public async Task A_lower_bound_is_not_reported_as_a_count()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").CountsEveryChunk(10).Cuts());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.TokenUsage).Select(tokens => (tokens[Attributes.TokenType], tokens.Value)).Should().Equal(("input", 10));
    }

    [Fact]
    public async Task Chunks_are_timed_the_first_from_sending_and_each_later_one_from_the_one_before()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Done().HeadersAfter(TimeSpan.FromSeconds(10)));
        using var telemetry = new CapturedTelemetry(call.Server);

        await EnumerateAsync(call, perChunk: TimeSpan.FromSeconds(2));

        telemetry.Measured(Instruments.TimeToFirstChunk).Select(time => time.Value).Should().Equal(10);
        telemetry.Measured(Instruments.TimePerOutputChunk).Select(time => time.Value).Should().Equal(2, 2, 2);
    }

    [Fact]
    public async Task An_event_without_chunks_is_no_chunk()
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Fails());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.TimePerOutputChunk).Should().HaveCount(2, "after the role came two pieces of text and an error");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Replies_that_come_whole_have_no_times_of_chunks(bool streams)
    {
        using var call = new ObservedCall(Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Whole());
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync(ObservedCall.Question with { Stream = streams });

        telemetry.Measured(Instruments.StreamOutcomes).Should().ContainSingle().Which[Attributes.Verdict].Should().Be("completed");
        telemetry.Measured(Instruments.TimeToFirstChunk).Should().BeEmpty();
        telemetry.Measured(Instruments.TimePerOutputChunk).Should().BeEmpty();
        telemetry.Span.GetTagItem(Attributes.ResponseTimeToFirstChunk).Should().BeNull();
        telemetry.Span.GetTagItem(Attributes.RequestStream).Should().Be(streams);
    }

    [Fact]
    public void A_chunk_costs_a_look_at_a_flag_unless_somebody_listens_to_the_times()
    {
        ChatCall call = ObservedCall.Unsent();
        new CallTelemetry(call).TimesChunks.Should().BeFalse();

        using var telemetry = new CapturedTelemetry("unsent.test");
        new CallTelemetry(call).TimesChunks.Should().BeTrue();
    }

    [Fact]
    public void Timing_a_chunk_allocates_nothing()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MeterName)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        double total = 0;

        // Other tests measure at the same time, on threads of their own.
        int thread = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => total += Environment.CurrentManagedThreadId == thread ? value : 0);
        listener.Start();
        var telemetry = new CallTelemetry(ObservedCall.Unsent());
        StreamEvidence evidence = new() { Elapsed = TimeSpan.FromSeconds(1) };
        telemetry.Chunk(evidence);
        telemetry.Chunk(evidence);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            telemetry.Chunk(evidence);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        total.Should().Be(1, "the chunks all came in the same moment");
    }

    [Fact]
    public void Instruments_have_units_and_the_boundaries_of_the_conventions()
    {
        (Meters.Duration.Unit, Meters.TokenUsage.Unit, Meters.Outcomes.Unit).Should().Be(("s", "{token}", "{stream}"));
        Meters.Duration.Advice!.HistogramBucketBoundaries.Should().HaveCount(14).And.BeInAscendingOrder();
        Meters.TokenUsage.Advice!.HistogramBucketBoundaries.Should().HaveCount(14).And.BeInAscendingOrder();
        Meters.Source.Version.Should().MatchRegex(@"^\d+\.\d+\.\d+", "it is the package's").And.NotContain("+").And.NotBe("0.0.0");
    }

    private static async Task EnumerateAsync(ObservedCall call, TimeSpan perChunk)
    {
        IAsyncEnumerator<ChatChunk> chunks = call.Adapter.StreamChatAsync(ObservedCall.Question).GetAsyncEnumerator();
        while (true)
        {
            Task<bool> next = chunks.MoveNextAsync().AsTask();
            if (!next.IsCompleted)
                call.Clock.AdvanceToNextTimer();

            if (!await next)
                break;

            call.Clock.Advance(perChunk);
        }

        await chunks.DisposeAsync();
    }
}
