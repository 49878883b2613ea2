using System.Collections.Concurrent;

namespace VllmAdapter.Tool.Batch;

/// <summary>Keeps the body of each reply as it came, by the id of its request: a result is the server's own body, with every field.</summary>
internal sealed class KeptReplies(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly ConcurrentDictionary<string, MemoryStream> _bodies = new(StringComparer.Ordinal);

    /// <summary>Takes the body of the last reply to a request out; null if none came.</summary>
    public byte[]? Take(string requestId) => _bodies.TryRemove(requestId, out MemoryStream? body) && body.Length > 0 ? body.ToArray() : null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!request.Headers.NonValidated.TryGetValues("X-Request-Id", out var id) || KeyOf(id.ToString()) is not { } key)
            return response;

        var kept = new MemoryStream();
        _bodies[key] = kept;
        HttpContent original = response.Content;
        var copy = new StreamContent(new Tee(await original.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), kept, original));
        foreach (var header in original.Headers.NonValidated)
            copy.Headers.TryAddWithoutValidation(header.Key, header.Value);

        response.Content = copy;
        return response;
    }

    // Further attempts have the same id with a number behind it.
    private static string? KeyOf(string id) => id.IndexOf('-', StringComparison.Ordinal) is var dash and > 0 ? id[..dash] : id.Length > 0 ? id : null;

    private sealed class Tee(Stream body, MemoryStream kept, IDisposable owner) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            kept.Write(buffer.Span[..count]);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
                owner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
