using System.IO.Compression;
using System.Net;

namespace VllmAdapter.Tool.Guard;

/// <summary>
/// What an adapter asks through for one exchange: each attempt goes out as the proxy made the request (address, headers, transforms), with the client's own
/// body; after a failure to another back end. What came is kept for the client: the head of the reply, a refusal word for word, the frames.
/// </summary>
internal sealed class UpstreamAttempts(
    GuardExchange exchange, HttpRequestMessage template, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : HttpMessageHandler
{
    private const string RequestIdHeader = "X-Request-Id";
    private const int LargestRefusal = 4 * 1024 * 1024;

    private int _attempts;

    /// <summary>Status and headers of the last reply; null if the last attempt brought none.</summary>
    public ReplyHead? Head { get; private set; }

    /// <summary>The body of the last reply, if it was a refusal that fits into memory.</summary>
    public byte[]? RefusalBody { get; private set; }

    /// <summary>The body of the last reply, if it was a success.</summary>
    public FrameStream? Frames { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post)
            return await send(Side(request), cancellationToken).ConfigureAwait(false);

        (Head, RefusalBody, Frames) = (null, null, null);
        int number = _attempts++;
        HttpRequestMessage outgoing = Outgoing(request, AddressOf(number));
        HttpResponseMessage response;
        try
        {
            response = await send(outgoing, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (number == 0 && !cancellationToken.IsCancellationRequested)
        {
            exchange.FirstFault = fault;
            throw;
        }

        Head = ReplyHead.Of(response);
        if (response.IsSuccessStatusCode)
            await WatchAsync(response, cancellationToken).ConfigureAwait(false);
        else
            await KeepAsync(response, cancellationToken).ConfigureAwait(false);

        response.RequestMessage = request;
        return response;
    }

    private Uri AddressOf(int number)
    {
        Uri chosen = template.RequestUri!;
        if (number == 0 || exchange.ChosenAddress is not { } address || exchange.Candidates.Count < 2)
            return chosen;

        string text = chosen.AbsoluteUri;
        string prefix = new Uri(address).AbsoluteUri.TrimEnd('/');
        if (!text.StartsWith(prefix, StringComparison.Ordinal))
            return chosen;

        List<string> others = [.. exchange.Candidates.Select(static candidate => candidate.Model.Config.Address).Where(other => other != address)];
        string next = (number % (others.Count + 1)) is var turn and > 0 ? others[turn - 1] : address;
        return new Uri(next.TrimEnd('/') + text[prefix.Length..]);
    }

    private HttpRequestMessage Outgoing(HttpRequestMessage request, Uri address)
    {
        var outgoing = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = template.Version,
            VersionPolicy = template.VersionPolicy,
            Content = new ByteArrayContent(exchange.Request.Body),
        };
        CopyHeaders(outgoing);
        if (request.Headers.NonValidated.TryGetValues(RequestIdHeader, out var id))
        {
            outgoing.Headers.Remove(RequestIdHeader);
            outgoing.Headers.TryAddWithoutValidation(RequestIdHeader, id.ToString());
        }

        foreach (var header in template.Content?.Headers.NonValidated ?? default)
        {
            if (!header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                outgoing.Content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        return outgoing;
    }

    // What the adapter asks beside it, the models, it asks with the client's key.
    private HttpRequestMessage Side(HttpRequestMessage request)
    {
        var outgoing = new HttpRequestMessage(request.Method, request.RequestUri) { Version = template.Version, VersionPolicy = template.VersionPolicy };
        CopyHeaders(outgoing);
        return outgoing;
    }

    // Frames cannot be told apart in compressed bytes.
    private void CopyHeaders(HttpRequestMessage outgoing)
    {
        foreach (var header in template.Headers.NonValidated)
            outgoing.Headers.TryAddWithoutValidation(header.Key, header.Value);

        outgoing.Headers.Remove("Accept-Encoding");
    }

    private async Task WatchAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        HttpContent original = response.Content;
        Stream body = Decompressed(original, await original.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        Frames = new FrameStream(body, exchange.Options.MaxEventBytes + (64 * 1024), original);
        response.Content = WithHeadersOf(original, new FrameContent(Frames));
    }

    private static Stream Decompressed(HttpContent content, Stream body) => content.Headers.ContentEncoding.LastOrDefault()?.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
        "br" => new BrotliStream(body, CompressionMode.Decompress),
        "deflate" => new ZLibStream(body, CompressionMode.Decompress),
        _ => body,
    };

    private async Task KeepAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        HttpContent original = response.Content;
        Stream body = await original.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var kept = new MemoryStream();
        byte[] buffer = new byte[8 * 1024];
        while (kept.Length <= LargestRefusal && await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            kept.Write(buffer, 0, count);

        if (kept.Length <= LargestRefusal)
            RefusalBody = kept.ToArray();

        var copy = new ByteArrayContent(kept.ToArray());
        foreach (var header in original.Headers.NonValidated)
            copy.Headers.TryAddWithoutValidation(header.Key, header.Value);

        response.Content = copy;
        original.Dispose();
    }

    private static HttpContent WithHeadersOf(HttpContent original, HttpContent content)
    {
        bool isAsItWas = original.Headers.ContentEncoding.Count == 0;
        foreach (var header in original.Headers.NonValidated)
        {
            if (isAsItWas || !ReplyHead.DescribesBytes(header.Key))
                content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        return content;
    }
}

/// <summary>Status and headers of a reply, without what speaks of its bytes.</summary>
internal sealed record ReplyHead(HttpStatusCode Status, string? Reason, IReadOnlyList<KeyValuePair<string, string>> Headers, IReadOnlyList<KeyValuePair<string, string>> ContentHeaders)
{
    public static ReplyHead Of(HttpResponseMessage response) => new(
        response.StatusCode, response.ReasonPhrase, List(response.Headers.NonValidated), List(response.Content.Headers.NonValidated));

    public static bool DescribesBytes(string name) =>
        name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-MD5", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);

    /// <summary>A reply with this head and another body.</summary>
    /// <param name="content">The body.</param>
    /// <param name="isVerbatim">Whether it is the body that came with the head, byte for byte.</param>
    public HttpResponseMessage With(HttpContent content, bool isVerbatim = false)
    {
        var response = new HttpResponseMessage(Status) { ReasonPhrase = Reason, Content = content };
        foreach (var (name, value) in Headers)
        {
            if (!DescribesBytes(name))
                response.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (var (name, value) in ContentHeaders)
        {
            if (isVerbatim ? !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) : !DescribesBytes(name))
                content.Headers.TryAddWithoutValidation(name, value);
        }

        // The proxy hands on the headers that are written down, and a length that is known is not among them by itself.
        if (content.Headers.ContentLength is { } length)
            content.Headers.ContentLength = length;

        return response;
    }

    private static List<KeyValuePair<string, string>> List(System.Net.Http.Headers.HttpHeadersNonValidated headers)
    {
        List<KeyValuePair<string, string>> list = [];
        foreach (var header in headers)
        {
            foreach (string value in header.Value)
                list.Add(new(header.Key, value));
        }

        return list;
    }
}
