namespace VllmAdapter.Tests.Telemetry;

/// <summary>Listeners hear the whole process: tests that need nobody to listen must not run next to those that do.</summary>
[CollectionDefinition(Name)]
public sealed class TelemetryCollection
{
    public const string Name = "Telemetry";
}
