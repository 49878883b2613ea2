namespace VllmAdapter.Testing;

/// <summary>Some routes of the server, beside chat.</summary>
internal interface IFakeRoutes
{
    /// <summary>The answer of the route; null if it is none of these.</summary>
    WireReply? Answer(ReceivedRequest request);
}
