using System.Collections.Concurrent;
using VllmAdapter;

namespace Playground;

/// <summary>Who answers: the page's own server, or one that a visitor at this very machine names.</summary>
internal sealed class Servers(VllmInferenceAdapter own) : IDisposable
{
    private readonly ConcurrentDictionary<(string Server, string? Model), VllmInferenceAdapter> _others = new();

    /// <exception cref="ArgumentException">The address cannot be used, or the visitor may name none; the message says which.</exception>
    public VllmInferenceAdapter Of(Question question, bool isLocal)
    {
        if (string.IsNullOrWhiteSpace(question.Server))
            return own;

        // Or the page would let strangers send requests into the network that it runs in.
        if (!isLocal)
            throw new ArgumentException("Only a browser on the machine that runs this page may name a server.", nameof(question));

        string? model = string.IsNullOrWhiteSpace(question.Model) ? null : question.Model.Trim();
        return _others.GetOrAdd((question.Server.Trim(), model), static other => new VllmInferenceAdapter(other.Server, new VllmAdapterOptions { Model = other.Model }));
    }

    public void Dispose()
    {
        foreach (VllmInferenceAdapter other in _others.Values)
            other.Dispose();
    }
}
