using System.Net;

namespace VllmAdapter.Tool.Guard;

/// <summary>The content of a reply whose body is read frame by frame.</summary>
/// <remarks>
/// The stream is handed out through a content of .NET's own: it heeds the token of a read as the connection's own stream does, and the adapter takes that on
/// trust of .NET's streams only; others it reads through a buffer, and waits for them on the side.
/// </remarks>
internal sealed class FrameContent(FrameStream frames) : HttpContent
{
    private readonly StreamContent _frames = new(frames);

    protected override Task<Stream> CreateContentReadStreamAsync() => _frames.ReadAsStreamAsync();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _frames.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _frames.Dispose();

        base.Dispose(disposing);
    }
}
