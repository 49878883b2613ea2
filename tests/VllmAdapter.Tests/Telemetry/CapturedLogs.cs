using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VllmAdapter.Tests.Telemetry;

/// <summary>Keeps everything that is logged at or above a level.</summary>
internal sealed class CapturedLogs(LogLevel minimum = LogLevel.Trace) : ILoggerProvider
{
    private readonly ConcurrentQueue<CapturedLog> _entries = new();

    public IReadOnlyList<CapturedLog> Entries => [.. _entries];

    /// <summary>All texts and scopes, to be searched for what must not be there.</summary>
    public string Everything => string.Join('\n', _entries.Select(entry => entry.Text));

    public ILogger<VllmInferenceAdapter> ForAdapter() => LoggerFactory
        .Create(logging => logging.SetMinimumLevel(minimum).AddProvider(this))
        .CreateLogger<VllmInferenceAdapter>();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName, minimum);

    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLogs logs, string category, LogLevel minimum) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            logs._entries.Enqueue(new CapturedLog(category, LogLevel.None, default, state.ToString() ?? "", []));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs._entries.Enqueue(new CapturedLog(
                category, logLevel, eventId, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>> ?? []));
    }
}

internal sealed record CapturedLog(
    string Category, LogLevel Level, EventId Event, string Text, IReadOnlyList<KeyValuePair<string, object?>> Values);
