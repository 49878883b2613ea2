using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.Pooling;

/// <summary>A question to a pooling model is a span and measurements of its own, named as the GenAI conventions name it.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class PoolingTelemetryTests
{
    public static TheoryData<Func<VllmInferenceAdapter, Task>, string> Asked => new()
    {
        { adapter => adapter.EmbedAsync("a llama"), "embeddings" },
        { adapter => adapter.RerankAsync("q", ["a"]), "rerank" },
        { adapter => adapter.ScoreAsync("q", ["a"]), "score" },
        { adapter => adapter.ClassifyAsync(["a"]), "classify" },
        { adapter => adapter.PoolAsync(["a"]), "pooling" },
    };

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task A_question_is_one_span_with_the_tokens_that_it_took(Func<VllmInferenceAdapter, Task> ask, string operation)
    {
        string model = $"model-{operation}";
        using var spans = new Spans(model);
        using var tokens = new Tokens(model);
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = model, Kinds = ModelKinds.Embeds | ModelKinds.Ranks });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.Model = model);

        await ask(adapter);

        Activity span = spans.Ended.Should().ContainSingle().Subject;
        span.DisplayName.Should().Be($"{operation} {model}");
        span.GetTagItem(VllmTelemetry.Attributes.OperationName).Should().Be(operation);
        span.GetTagItem(VllmTelemetry.Attributes.ResponseModel).Should().Be(model);
        tokens.Measured.Should().ContainSingle().Which.Should().Be((operation, (int)span.GetTagItem(VllmTelemetry.Attributes.UsageInputTokens)!));
    }

    [Fact]
    public async Task A_reply_that_is_not_whole_ends_its_span_with_what_was_wrong()
    {
        using var spans = new Spans("model-not-whole");
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null, Kinds = ModelKinds.Embeds, PoolingFaults = _ => PoolingFault.TooFew });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.Model = "model-not-whole");

        await FluentActions.Awaiting(() => adapter.EmbedAsync(["a", "b"])).Should().ThrowAsync<VllmRequestException>();

        Activity span = spans.Ended.Should().ContainSingle().Subject;
        (span.Status, span.GetTagItem(VllmTelemetry.Attributes.ErrorType)).Should().Be((ActivityStatusCode.Error, "invalid_reply"));
    }

    [Fact]
    public async Task Each_request_of_many_inputs_is_a_span()
    {
        using var spans = new Spans("model-many");
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null, Kinds = ModelKinds.Embeds });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.Model = "model-many");

        await adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a", "b", "c"], MaxBatchSize = 1 });

        spans.Ended.Should().HaveCount(3);
    }

    private sealed class Spans : IDisposable
    {
        private readonly ActivityListener _listener;

        public Spans(string model)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == VllmTelemetry.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = span =>
                {
                    if (span.GetTagItem(VllmTelemetry.Attributes.RequestModel) as string == model)
                        Ended.Enqueue(span);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ConcurrentQueue<Activity> Ended { get; } = [];

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Tokens : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Tokens(string model)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == VllmTelemetry.MeterName && instrument.Name == VllmTelemetry.Instruments.TokenUsage)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Add(model, (int)value, tags));
            _listener.SetMeasurementEventCallback<int>((_, value, tags, _) => Add(model, value, tags));
            _listener.Start();
        }

        public ConcurrentQueue<(string Operation, int Tokens)> Measured { get; } = [];

        public void Dispose() => _listener.Dispose();

        private void Add(string model, int value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Dictionary<string, object?> all = new(tags.ToArray(), StringComparer.Ordinal);
            if (all.GetValueOrDefault(VllmTelemetry.Attributes.RequestModel) as string == model)
                Measured.Enqueue(((string)all[VllmTelemetry.Attributes.OperationName]!, value));
        }
    }
}
