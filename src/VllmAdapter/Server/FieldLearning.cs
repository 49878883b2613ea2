using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VllmAdapter.Server;

/// <summary>Which fields of a chat request a server knows: asked once, from its description of itself, and where that is switched off, from its release.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class FieldLearning
{
    private readonly ServerState _server;
    private readonly LearnedOnce _learning;
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ILogger> _waiting = new(StringComparer.Ordinal);
    private volatile Known? _known;

    public FieldLearning(ServerState server)
    {
        _server = server;
        _learning = new LearnedOnce(LearnAsync, server.Transport.Clock);
    }

    /// <summary>Whether the server has said what it knows.</summary>
    public bool IsLearned => _known is not null;

    /// <summary>Ends when the server has said what it knows, or it is known that it does not; never in a failure.</summary>
    public Task LearnOnceAsync() => _learning.LearnAsync();

    /// <summary>That the server ignores a field, in a sentence with the version that knows it; null if it knows it, or if nobody knows.</summary>
    public string? WhyIgnored(string field) => _known?.WhyIgnored(field);

    /// <summary>Warns of those fields that the server ignores, once for each, as soon as it has said what it knows. Nothing waits for it.</summary>
    public void Note(IReadOnlyList<string> fields, ILogger logger)
    {
        foreach (string field in fields)
            _waiting.TryAdd(field, logger);

        if (IsLearned)
            TellWaiting();
        else
            _ = LearnOnceAsync();
    }

    private void TellWaiting()
    {
        foreach (string field in _waiting.Keys)
        {
            if (_waiting.TryRemove(field, out ILogger? logger) && WhyIgnored(field) is { } ignored && _told.TryAdd(field, true))
                Log.FieldIgnored(logger, ignored);
        }
    }

    private async Task LearnAsync()
    {
        ServerVersion? version = await OptionalAnswer.IfGivenAsync(_server.GetVersionAsync(CancellationToken.None)).ConfigureAwait(false);
        ApiDescription? description = await OptionalAnswer.IfGivenAsync(_server.GetDescriptionAsync(CancellationToken.None)).ConfigureAwait(false);
        if (description?.ChatFields is null && version?.Number is null)
            throw new InvalidOperationException("The server reports neither its fields nor its version.");

        _known = new Known(version, description?.ChatFields);
        TellWaiting();
    }

    private sealed record Known(ServerVersion? Version, IReadOnlySet<string>? Fields)
    {
        private string Server => Version is null ? "The server" : $"The server (vLLM {ServerText.Quote(Version.Text, limit: 30)})";

        public string? WhyIgnored(string field)
        {
            FieldHistory? history = FieldHistory.Of(field);
            bool isIgnored = Fields is not null ? !Fields.Contains(field) : history is not null && Version?.Number is { } number && history.IsIgnoredBy(number);
            return isIgnored
                ? $"{Server} ignores the field \"{ServerText.Quote(field, limit: 60)}\" of the request silently. {history?.Explain() ?? "No vLLM from 0.8.5 to 0.33.0 is known to have it: check the spelling."}"
                : null;
        }
    }
}
