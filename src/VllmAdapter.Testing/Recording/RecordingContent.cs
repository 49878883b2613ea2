using System.Net;
using System.Net.Http.Headers;

namespace VllmAdapter.Testing;

/// <summary>A response body that is recorded while the caller reads it.</summary>
internal sealed class RecordingContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly ExchangeRecording _recording;

    public RecordingContent(HttpContent inner, ExchangeRecording recording)
    {
        _inner = inner;
        _recording = recording;
        foreach ((string name, HeaderStringValues values) in inner.Headers.NonValidated)
            Headers.TryAddWithoutValidation(name, values);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new RecordingStream(await _inner.ReadAsStreamAsync().ConfigureAwait(false), _recording);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new RecordingStream(await _inner.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), _recording);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Stream body = await CreateContentReadStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
            await body.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _inner.Headers.ContentLength ?? 0;
        return _inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // A caller that never read, or stopped reading: the server may have gone on, and nobody can tell.
            _recording.End(complete: false, SocketEnd.Closed);
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
