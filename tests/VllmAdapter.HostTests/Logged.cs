using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VllmAdapter.HostTests;

/// <summary>Keeps every line that a host would print.</summary>
internal sealed class Logged : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Logger(_lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            foreach (string line in $"{category}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}".Split('\n'))
                lines.Enqueue(line);
        }
    }
}
