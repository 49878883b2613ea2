using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter;

/// <summary>Reports one question on a route other than chat, from its sending to its answer: its span, its measurements and its log.</summary>
internal sealed class RouteTelemetry
{
    private readonly RouteQuestion _question;
    private readonly VllmTransport _transport;
    private readonly ILogger _logger;
    private readonly long _startedAt;
    private readonly Activity? _span;

    public RouteTelemetry(RouteQuestion question, VllmTransport transport, ILogger logger)
    {
        (_question, _transport, _logger, _startedAt) = (question, transport, logger, transport.Clock.GetTimestamp());
        if (!Meters.Source.HasListeners())
            return;

        using var unchanged = new CurrentSpan(null);
        _span = Meters.Source.StartActivity(
            question.Model is { } model ? $"{question.Operation} {model}" : question.Operation, ActivityKind.Client, parentContext: default, tags: CommonTags());
    }

    /// <summary>To be called for each attempt; the span is the current one until the result is disposed.</summary>
    public CurrentSpan Send(string? requestId)
    {
        Log.RouteAsked(_logger, requestId, _question.Path, _question.Model ?? "of the server's choice");
        _span?.SetTag(Attributes.RequestId, requestId);
        return new CurrentSpan(_span);
    }

    /// <summary>To be called before another attempt.</summary>
    public void Retry(VllmRequestException failed, int attempt) => Log.RouteRetried(_logger, attempt, failed.RequestId, failed.Message);

    /// <summary>To be called when there is an answer.</summary>
    public void End(IRouteReply? reply, int attempts)
    {
        TagList tags = CommonTags();
        string? model = MeasuredModel.Of(reply?.Model, _question.Model, _transport.Keys.With(_question.Headers));
        if (model is not null)
            tags.Add(Attributes.ResponseModel, model);

        if (reply?.PromptTokens is { } input)
        {
            Meters.TokenUsage.Record(input, [.. tags, new(Attributes.TokenType, "input")]);
            _span?.SetTag(Attributes.UsageInputTokens, input);
        }

        _span?.SetTag(Attributes.ResponseModel, model).SetTag(Attributes.ResponseId, reply?.Id).SetTag(Attributes.Attempts, attempts);
        Close(error: null, tags);
    }

    /// <summary>To be called when there is none.</summary>
    public void Fail(Exception failure)
    {
        string? error = failure is OperationCanceledException ? null : failure.GetType().FullName;
        if (failure is VllmRequestException refused)
        {
            error = JsonNamingPolicy.SnakeCaseLower.ConvertName(refused.Failure.ToString());
            Log.RouteFailed(_logger, refused.RequestId, refused.Failure, refused.Attempts, refused.Message);
            _span?.SetTag(Attributes.RequestId, refused.RequestId).SetTag(Attributes.Attempts, refused.Attempts);
        }

        Close(error, CommonTags());
    }

    private void Close(string? error, TagList tags) => SpanAttributes.End(_span, _transport.Clock.GetElapsedTime(_startedAt), error, tags);

    private TagList CommonTags() => SpanAttributes.Common(_question.Operation, _transport.Endpoint.At(_question.Path), _question.Model);
}
