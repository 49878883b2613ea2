using System.Net.Http.Headers;

namespace VllmAdapter;

/// <summary>The key of each request: the one of the options, or whatever a source gives at that moment.</summary>
/// <remarks>Thread-safe, as far as the source is.</remarks>
internal sealed class ApiKeys(string? fixedKey, Func<CancellationToken, ValueTask<string?>>? source = null)
{
    private const string Scheme = "Bearer";

    private AuthenticationHeaderValue? _fixed;

    /// <summary>What must show in no text, as far as it is known before a request.</summary>
    public Secrets Secrets { get; } = Secrets.Of(fixedKey);

    /// <summary>Whether every request has to ask for its key (<see cref="AuthorizeAsync"/>).</summary>
    public bool Rotate => source is not null;

    /// <summary>Gives a request the key of the options, unless it brings one of its own.</summary>
    public void Authorize(HttpRequestMessage message)
    {
        // Never through DefaultRequestHeaders: the client may be somebody else's.
        if (source is null && fixedKey is { Length: > 0 } && message.Headers.Authorization is null)
            message.Headers.Authorization = _fixed ??= new AuthenticationHeaderValue(Scheme, fixedKey);
    }

    /// <summary>Gives a request the key that the source has for it, unless it brings one of its own.</summary>
    /// <returns>That key, to be kept out of all texts; null if there is none.</returns>
    /// <exception cref="InvalidOperationException">The source gave what cannot be sent.</exception>
    public async ValueTask<string?> AuthorizeAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        if (source is null || message.Headers.Authorization is not null)
            return null;

        string? key = await source(cancellationToken).ConfigureAwait(false);
        if (string.IsNullOrEmpty(key))
            return null;

        if (ApiKeyText.ProblemOf(key) is { } problem)
            throw new InvalidOperationException($"ApiKeySource gave a key that cannot be sent: it {problem}.");

        message.Headers.Authorization = new AuthenticationHeaderValue(Scheme, key);
        return key;
    }
}
