namespace VllmAdapter.Server;

/// <summary>How it is known whether a server offers a route.</summary>
public enum CapabilitySource
{
    /// <summary>The server lists it in its description of itself (<c>/openapi.json</c>).</summary>
    ApiDescription = 1,

    /// <summary>The server was asked on that route, in a way that makes no model work; what the answer means depends on its release.</summary>
    Probe,

    /// <summary>Nothing that could be asked shows it: only a real request does.</summary>
    Nothing,
}
