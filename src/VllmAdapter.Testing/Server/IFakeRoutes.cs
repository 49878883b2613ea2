namespace VllmAdapter.Testing;

/// <summary>Some routes of the server, beside chat.</summary>
internal interface IFakeRoutes
{
    /// <summary>The routes that it has, with their methods (<c>POST /v1/embeddings</c>): what the server says of itself lists them.</summary>
    IEnumerable<string> Offered => [];

    /// <summary>The answer of the route; null if it is none of these.</summary>
    WireReply? Answer(ReceivedRequest request);
}
