using System.Net;

namespace VllmAdapter;

/// <summary>The body of a request, which notes how far it was sent, and where to.</summary>
internal sealed class BufferedBody : ByteArrayContent
{
    private const int LongSending = 1024 * 1024;

    private readonly byte[] _content;
    private bool _isBeingSent;

    public BufferedBody(byte[] content, string contentType = "application/json")
        : base(content)
    {
        _content = content;
        Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    public int Length => _content.Length;

    /// <summary>Whether it is so long that the server may answer, or close the connection, while it is still being sent.</summary>
    public bool TakesLong => Length > LongSending;

    /// <summary>Whether the last sending came to an end before the body did.</summary>
    public bool BrokeOff => _isBeingSent;

    /// <summary>The request of which it is the body; only to be asked for its address.</summary>
    public HttpRequestMessage? Of { get; set; }

    /// <summary>The address to which it was sent first, whatever handlers made of the one that was asked for.</summary>
    public Uri? FirstSentTo { get; private set; }

    /// <summary>The address to which it was sent last: another than the first if a redirect was followed, or another server tried.</summary>
    public Uri? LastSentTo { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        LastSentTo = Of?.RequestUri;
        FirstSentTo ??= LastSentTo;
        _isBeingSent = true;
        await stream.WriteAsync(_content, cancellationToken).ConfigureAwait(false);
        _isBeingSent = false;
    }
}
