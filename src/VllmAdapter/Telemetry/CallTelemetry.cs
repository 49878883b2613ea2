using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter;

/// <summary>Reports one call, from its sending to its end: its span, its measurements and its log.</summary>
internal sealed class CallTelemetry
{
    private const int LongestReason = 1_000;

    private readonly long _startedAt;
    private readonly KeyValuePair<string, object?>[] _tags = [];
    private readonly Activity? _span;
    private ChatCall _call;
    private TimeSpan? _lastChunkAt;
    private bool _isOver;

    public CallTelemetry(ChatCall call)
    {
        (_call, _startedAt) = (call, call.Clock.GetTimestamp());
        TimesChunks = Meters.TimesChunks;
        if (!TimesChunks && !Meters.Source.HasListeners())
            return;

        TagList tags = CommonTags();
        _tags = [.. tags];
        using var unchanged = new CurrentSpan(null);
        _span = Meters.Source.StartActivity(
            call.Model is { } model ? $"{call.Operation} {model}" : call.Operation, ActivityKind.Client, parentContext: default, tags: tags);
        if (_span is { IsAllDataRequested: true })
            SpanAttributes.OfRequest(_span, call);
    }

    /// <summary>Whether anybody listens to the times of chunks: the one thing to look at for each.</summary>
    public bool TimesChunks { get; }

    private Uri Address => _call.Transport.Endpoint.At(_call.Path);

    /// <summary>To be called for each attempt; the span is the current one until the result is disposed.</summary>
    public CurrentSpan Send(string requestId)
    {
        if (_call.Logger.IsEnabled(LogLevel.Debug))
        {
            // No user name and no query: either may hold a secret.
            Log.RequestSent(
                _call.Logger, requestId, $"{Address.Scheme}://{Address.Authority}{Address.AbsolutePath}", _call.Model ?? "of the server's choice");
        }

        if (_call.Logger.IsEnabled(LogLevel.Trace))
            Log.RequestSensitive(_call.Logger, requestId, Encoding.UTF8.GetString(_call.Body));

        return new CurrentSpan(_span);
    }

    /// <summary>To be called when an attempt carries a key of its own.</summary>
    public void Hide(Secrets secrets) => _call = _call with { Secrets = secrets };

    /// <summary>To be called when another attempt follows a failed one.</summary>
    public void Retry(FailedAttempt failed, int attempt, TimeSpan delay) =>
        Log.Retried(_call.Logger, attempt, failed.RequestId, ServerText.Quote(failed.Reason, _call.Secrets, LongestReason) ?? "", delay.TotalSeconds);

    /// <summary>To be called for each event that held chunks, but only if <see cref="TimesChunks"/>.</summary>
    public void Chunk(StreamEvidence evidence)
    {
        if (evidence.IsWholeReply)
            return;

        TimeSpan at = evidence.Elapsed;
        if (_lastChunkAt is { } last)
            Meters.TimePerOutputChunk.Record((at - last).TotalSeconds, _tags);
        else
            Meters.TimeToFirstChunk.Record(at.TotalSeconds, _tags);

        _lastChunkAt = at;
    }

    /// <summary>To be called when the call came to an outcome.</summary>
    public void End(ChatAnswer answer)
    {
        StreamOutcome outcome = answer.Outcome;
        _isOver = true;
        OutcomeLog.Write(_call.Logger, answer, _call.Secrets);
        if (_span is null && !Meters.Duration.Enabled && !Meters.TokenUsage.Enabled && !Meters.Outcomes.Enabled)
            return;

        string verdict = SnakeCase(outcome.Verdict);
        bool failed = outcome.Throws(IncompleteStreamBehavior.Throw) || outcome.Throws(_call.OnIncompleteStream);
        TagList tags = CommonTags();
        Meters.Outcomes.Add(1, [.. tags, new(Attributes.Verdict, verdict), new(Attributes.TerminationCause, outcome.TerminatedBy.Value)]);
        if (MeasuredModel.Of(outcome.Evidence.Model, _call) is { } model)
            tags.Add(Attributes.ResponseModel, model);

        Count(TurnCost.Of(outcome), tags);
        tags.Add(Attributes.Verdict, verdict);
        if (_span is { IsAllDataRequested: true })
        {
            SpanAttributes.OfReply(_span, outcome, _call.Secrets);
            _span.SetTag(Attributes.Verdict, verdict);
            _span.SetTag(Attributes.TerminationCause, outcome.TerminatedBy.Value);
        }

        Close(failed ? verdict : null, tags);
    }

    /// <summary>To be called when the call ended without an outcome.</summary>
    public void Fail(Exception failure)
    {
        if (_isOver)
            return;

        _isOver = true;
        string error = failure.GetType().FullName!;
        if (failure is VllmRequestException refused)
        {
            error = SnakeCase(refused.Failure);
            Log.Refused(_call.Logger, refused.RequestId, refused.Failure, refused.Attempts, refused.Message);
            Log.RefusalSensitive(_call.Logger, refused.RequestId, refused.ResponseBody);
            _span?.SetTag(Attributes.RequestId, refused.RequestId);
            _span?.SetTag(Attributes.Attempts, refused.Attempts);
        }
        else
        {
            Log.BrokeOff(_call.Logger, failure);
        }

        Close(error, CommonTags());
    }

    private static void Count(TurnCost cost, TagList tags)
    {
        if (SpanAttributes.Exact(cost.Prompt) is { } input)
            Meters.TokenUsage.Record(input, [.. tags, new(Attributes.TokenType, "input")]);

        if (SpanAttributes.Exact(cost.Completion) is { } output)
            Meters.TokenUsage.Record(output, [.. tags, new(Attributes.TokenType, "output")]);
    }

    private void Close(string? error, TagList tags) => SpanAttributes.End(_span, _call.Clock.GetElapsedTime(_startedAt), error, tags);

    private TagList CommonTags() => SpanAttributes.Common(_call.Operation, Address, _call.Model);

    private static string SnakeCase<T>(T word)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString());
}
