using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>An adapter as an <see cref="ISpeechToTextClient"/>.</summary>
[Experimental("MEAI001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
internal sealed class VllmSpeechToTextClient(VllmInferenceAdapter adapter, string? model) : ISpeechToTextClient
{
    private const string DefaultName = "audio.wav";

    private readonly SpeechToTextClientMetadata _metadata = new("vllm", adapter.Endpoint, model ?? adapter.Model);

    public async Task<SpeechToTextResponse> GetTextAsync(Stream audioSpeechStream, SpeechToTextOptions? options = null, CancellationToken cancellationToken = default)
    {
        TranscriptionRequest request = await RequestAsync(audioSpeechStream, options, cancellationToken).ConfigureAwait(false);
        Transcription answer = SpeechLanguages.Translates(options)
            ? await adapter.TranslateAsync(request, cancellationToken).ConfigureAwait(false)
            : await adapter.TranscribeAsync(request, cancellationToken).ConfigureAwait(false);

        // A response cannot say that it is cut, and would be taken for whole.
        StreamOutcome outcome = answer.Outcome.EnsureComplete();
        return new SpeechToTextResponse(answer.Text)
        {
            ModelId = outcome.Evidence.Model ?? request.Model,
            ResponseId = answer.Id,
            StartTime = answer.Duration is null ? null : TimeSpan.Zero,
            EndTime = answer.Duration,
            Usage = UsageOf(answer.Usage),
            RawRepresentation = answer,
            AdditionalProperties = CarriedOutcome.With(outcome),
        };
    }

    public async IAsyncEnumerable<SpeechToTextResponseUpdate> GetStreamingTextAsync(
        Stream audioSpeechStream, SpeechToTextOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TranscriptionRequest request = await RequestAsync(audioSpeechStream, options, cancellationToken).ConfigureAwait(false);
        TranscriptionStream stream = SpeechLanguages.Translates(options)
            ? adapter.StreamTranslationAsync(request, cancellationToken)
            : adapter.StreamTranscriptionAsync(request, cancellationToken);
        await foreach (TranscriptionChunk chunk in stream.ConfigureAwait(false))
        {
            if (chunk.Outcome is { } outcome)
                yield return End(outcome, request);
            else if (chunk.Text.Length > 0)
                yield return new(chunk.Text) { Kind = SpeechToTextResponseUpdateKind.TextUpdating, ModelId = request.Model, RawRepresentation = chunk };
        }

        stream.Outcome.EnsureComplete();
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(SpeechToTextClientMetadata) ? _metadata
            : serviceType == typeof(VllmInferenceAdapter) ? adapter
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // The adapter belongs to whoever made it.
    }

    private static SpeechToTextResponseUpdate End(StreamOutcome outcome, TranscriptionRequest request)
    {
        var end = new SpeechToTextResponseUpdate
        {
            Kind = SpeechToTextResponseUpdateKind.SessionClose,
            ModelId = outcome.Evidence.Model ?? request.Model,
            ResponseId = outcome.Evidence.ResponseId,
            RawRepresentation = outcome,
            AdditionalProperties = CarriedOutcome.With(outcome),
        };
        if (UsageOf(outcome.Usage) is { } usage)
            end.Contents.Add(new UsageContent(usage));

        return end;
    }

    private static UsageDetails? UsageOf(TokenUsage? usage) => usage is null ? null : new()
    {
        InputTokenCount = usage.PromptTokens,
        OutputTokenCount = usage.CompletionTokens,
        TotalTokenCount = usage.TotalTokens,
    };

    private async Task<TranscriptionRequest> RequestAsync(Stream audio, SpeechToTextOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(audio);
        SpeechLanguages.ThrowIfUnknown(options);
        string name = audio is FileStream file ? Path.GetFileName(file.Name) : DefaultName;
        return new TranscriptionRequest
        {
            Audio = await AudioFile.FromStreamAsync(audio, name, cancellationToken: cancellationToken).ConfigureAwait(false),
            Model = options?.ModelId ?? model,
            Language = SpeechLanguages.CodeOf(options?.SpeechLanguage),
            Extra = ExtraOf(options?.AdditionalProperties),
        };
    }

    private static JsonObject? ExtraOf(AdditionalPropertiesDictionary? properties)
    {
        JsonObject? extra = null;
        foreach ((string name, object? value) in properties ?? [])
            (extra ??= [])[name] = JsonValues.ToNode(value);

        return extra;
    }
}
