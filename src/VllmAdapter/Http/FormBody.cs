namespace VllmAdapter;

/// <summary>The body of a request that sends a form: written once, sent as often as it takes.</summary>
/// <param name="Bytes">The form.</param>
/// <param name="ContentType">Its type, with the boundary between its parts.</param>
internal sealed record FormBody(byte[] Bytes, string ContentType)
{
    public HttpContent NewContent() => new BufferedBody(Bytes, ContentType);
}
