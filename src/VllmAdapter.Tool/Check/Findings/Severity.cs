namespace VllmAdapter.Tool.Check;

/// <summary>How much a finding matters to whoever sends agents to the server.</summary>
internal enum Severity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Info = 1,

    /// <summary>Careful clients cope; careless ones do not.</summary>
    Warning,

    /// <summary>Answers or calls are lost, or taken for what they are not.</summary>
    Fault,
}
