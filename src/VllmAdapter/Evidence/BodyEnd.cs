namespace VllmAdapter.Diagnostics;

/// <summary>How the response body ended, as far as it was read.</summary>
public enum BodyEnd
{
    /// <summary>In order: the last chunk of the chunked body, the whole content length, the end of the HTTP/2 stream.</summary>
    InOrder = 1,

    /// <summary>In order for HTTP, but inside an event that cannot be read: something before the server's HTTP layer was cut.</summary>
    InsideEvent,

    /// <summary>The connection broke: a reset, or a body without its end.</summary>
    Cut,
}
