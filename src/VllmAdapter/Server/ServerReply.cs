using System.Text;

namespace VllmAdapter.Server;

/// <summary>A success, read to its end.</summary>
/// <param name="body">Its bytes, decompressed; only for as long as the reply is being read.</param>
internal readonly struct ServerReply(ReadOnlyMemory<byte> body)
{
    public ReadOnlyMemory<byte> Body => body;

    /// <summary>The body as JSON is to be read: without a byte order mark.</summary>
    public ReadOnlySpan<byte> Json => WithoutMark(body.Span);

    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) =>
        body.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;
}

/// <summary>Says what a reply of the right kind lacks to be a whole answer to what was asked.</summary>
/// <param name="what">A clause without a full stop, such as <c>it holds 3 embeddings for 4 inputs</c>; no content of the caller's.</param>
internal sealed class InvalidReplyException(string what) : Exception(what);
