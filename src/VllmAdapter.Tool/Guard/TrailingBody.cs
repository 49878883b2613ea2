using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace VllmAdapter.Tool.Guard;

/// <summary>The body of an answer with trailers over HTTP/1.1, for a client that asks for them (<c>TE: trailers</c>).</summary>
/// <remarks>Kestrel writes trailers over HTTP/2 only. It leaves the chunks to whoever sets <c>Transfer-Encoding</c>, and so this writes them.</remarks>
internal sealed class TrailingBody : Stream, IHttpResponseTrailersFeature
{
    private readonly HttpResponse _response;
    private readonly IHttpResponseBodyFeature _client;
    private bool _isChunked;

    private TrailingBody(HttpResponse response, IHttpResponseBodyFeature client) => (_response, _client) = (response, client);

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Takes the place of the response's body; null if the client asks for no trailers, or its protocol brings them by itself.</summary>
    public static TrailingBody? TakeOver(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || !TakesTrailers(context.Request.Headers))
            return null;

        var body = new TrailingBody(context.Response, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Response.OnStarting(body.BeginAsync);
        context.Response.Body = body;
        context.Features.Set<IHttpResponseTrailersFeature>(body);
        return body;
    }

    /// <summary>Ends a body that is whole.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (!_isChunked)
            return;

        var end = new StringBuilder("0\r\n");
        foreach (var (name, value) in Trailers)
            end.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");

        _client.Writer.Write(Encoding.Latin1.GetBytes(end.Append("\r\n").ToString()));
        await _client.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_response.HasStarted)
            await _client.StartAsync(cancellationToken).ConfigureAwait(false);

        WriteChunk(buffer.Span);
        await _client.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => _client.Writer.FlushAsync(cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Of a body whose length is known the verdict is known too, and stands in a header.
    private Task BeginAsync()
    {
        _isChunked = _response is { StatusCode: StatusCodes.Status200OK, ContentLength: null };
        if (_isChunked)
        {
            _response.Headers.TransferEncoding = "chunked";
            _response.Headers.Trailer = Words.VerdictHeader;
        }

        return Task.CompletedTask;
    }

    // A chunk of no length would be the end.
    private void WriteChunk(ReadOnlySpan<byte> bytes)
    {
        if (!_isChunked || bytes.IsEmpty)
        {
            _client.Writer.Write(bytes);
            return;
        }

        Span<byte> head = _client.Writer.GetSpan(16);
        bytes.Length.TryFormat(head, out int digits, "x", CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(head[digits..]);
        _client.Writer.Advance(digits + 2);
        _client.Writer.Write(bytes);
        _client.Writer.Write("\r\n"u8);
    }

    private static bool TakesTrailers(IHeaderDictionary headers) =>
        headers.GetCommaSeparatedValues("TE").Any(static coding => coding.Trim().Equals("trailers", StringComparison.OrdinalIgnoreCase));
}
