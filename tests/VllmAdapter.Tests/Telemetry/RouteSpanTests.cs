using System.Diagnostics;
using System.Text;
using VllmAdapter.Tests.Audio;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Telemetry;

/// <summary>Plain completions and audio are reported like chats, under names of their own; never any content.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class RouteSpanTests
{
    private const string Done = "data: [DONE]\n\n";

    [Fact]
    public async Task A_plain_completion()
    {
        using var telemetry = new CapturedTelemetry("text-span.test");
        VllmInferenceAdapter adapter = Adapter("text-span.test", """data: {"id":"cmpl-1","model":"m","choices":[{"index":0,"text":"secret","finish_reason":"stop"}]}""" + "\n\n"
            + """data: {"id":"cmpl-1","model":"m","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}""" + "\n\n" + Done);

        await adapter.CompleteTextAsync(new TextRequest { Prompts = ["words"], Model = "m", MaxTokens = 7, Sampling = new() { Temperature = 0.5 } });

        ShouldBe(telemetry, "text_completion m", "text_completion");
        telemetry.Span.GetTagItem("gen_ai.request.max_tokens").Should().Be(7);
        telemetry.Span.GetTagItem("gen_ai.request.temperature").Should().Be(0.5);
        telemetry.Span.GetTagItem("gen_ai.usage.output_tokens").Should().Be(3L);
    }

    [Fact]
    public async Task A_streamed_transcription()
    {
        using var telemetry = new CapturedTelemetry("speech-span.test");
        VllmInferenceAdapter adapter = Adapter("speech-span.test", """data: {"id":"transcribe-1","model":"w","choices":[{"delta":{"content":"secret"},"finish_reason":"stop"}]}""" + "\n\n" + Done);

        await adapter.TranscribeAsync(new TranscriptionRequest { Audio = PlayedSpeech.Sound, Model = "w", Prompt = "words" });

        ShouldBe(telemetry, "transcription w", "transcription");
    }

    [Fact]
    public async Task A_whole_translation()
    {
        using var telemetry = new CapturedTelemetry("whole-span.test");
        VllmInferenceAdapter adapter = Adapter("whole-span.test", """{"text":"secret"}""", "application/json");

        await adapter.TranslateAsync(new TranscriptionRequest { Audio = PlayedSpeech.Sound, Model = "w", Prompt = "words", Stream = false });

        ShouldBe(telemetry, "translation w", "translation");
    }

    private static void ShouldBe(CapturedTelemetry telemetry, string name, string operation)
    {
        (telemetry.Span.OperationName, telemetry.Span.Kind, telemetry.Span.Status).Should().Be((name, ActivityKind.Client, ActivityStatusCode.Unset));
        telemetry.Span.GetTagItem("gen_ai.operation.name").Should().Be(operation);
        telemetry.Span.TagObjects.Should().NotContain(tag => $"{tag.Value}".Contains("secret") || $"{tag.Value}".Contains("words"));
        telemetry.Measured(VllmTelemetry.Instruments.OperationDuration).Should().ContainSingle();
    }

    private static VllmInferenceAdapter Adapter(string host, string body, string type = "text/event-stream") =>
        new CannedServer { ContentType = type, Pieces = [Encoding.UTF8.GetBytes(body)] }.NewAdapter(new VllmAdapterOptions { Endpoint = new Uri($"http://{host}"), Resilience = { MaxAttempts = 1 } });
}
