using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace VllmAdapter.Tests.Telemetry;

/// <summary>Listens to the adapter as OpenTelemetry does, and keeps what has one value of an attribute: by default, one server's calls.</summary>
internal sealed class CapturedTelemetry : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Activity> _spans = [];
    private readonly List<Measurement> _measurements = [];
    private readonly ActivityListener _activities;
    private readonly MeterListener _meters;
    private readonly string _attribute;
    private readonly string _value;

    public CapturedTelemetry(string value, string attribute = VllmTelemetry.Attributes.ServerAddress)
    {
        (_value, _attribute) = (value, attribute);
        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == VllmTelemetry.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Keep,
        };
        _meters = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == VllmTelemetry.MeterName)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        ActivitySource.AddActivityListener(_activities);
        _meters.Start();
    }

    public IReadOnlyList<Activity> Spans
    {
        get
        {
            lock (_gate)
                return [.. _spans];
        }
    }

    public Activity Span => Spans.Should().ContainSingle().Subject;

    public IReadOnlyList<Measurement> Measured(string instrument)
    {
        lock (_gate)
            return [.. _measurements.Where(measurement => measurement.Instrument == instrument)];
    }

    public void Dispose()
    {
        _activities.Dispose();
        _meters.Dispose();
    }

    private void Keep(Activity span)
    {
        if (!_value.Equals(span.GetTagItem(_attribute)))
            return;

        lock (_gate)
            _spans.Add(span);
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var kept = new Measurement(instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value));
        if (!_value.Equals(kept[_attribute]))
            return;

        lock (_gate)
            _measurements.Add(kept);
    }
}

internal sealed record Measurement(string Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    public object? this[string attribute] => Tags.GetValueOrDefault(attribute);
}
