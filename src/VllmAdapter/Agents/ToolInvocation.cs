namespace VllmAdapter.Agents;

/// <summary>A call whose arguments were read and fit.</summary>
internal delegate Task<ToolOutput> ToolInvocation(CancellationToken cancellationToken);
