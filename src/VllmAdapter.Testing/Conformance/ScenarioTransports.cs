namespace VllmAdapter.Testing;

/// <summary>What carries the replies of a <see cref="Scenario"/>.</summary>
[Flags]
public enum ScenarioTransports
{
    /// <summary>A handler without sockets: fast, for most tests.</summary>
    InMemory = 1,

    /// <summary>HTTP/1.1 over a socket of this machine: for what a handler chain or a proxy does to real connections.</summary>
    Http1 = 2,

    /// <summary>HTTP/2 in clear text over a socket of this machine.</summary>
    Http2 = 4,

    /// <summary>All of them.</summary>
    All = InMemory | Http1 | Http2,
}
