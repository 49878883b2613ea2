namespace VllmAdapter.Tool.Check;

/// <summary>One thing that can be wrong with a deployment.</summary>
/// <param name="Id">Its name, in reports and scripts: it never changes.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Title">What is the case, in a few words.</param>
/// <param name="Meaning">What it means for an agent.</param>
/// <param name="Help">The setting of server, proxy or client that helps.</param>
internal sealed record FindingKind(string Id, Severity Severity, string Title, string Meaning, string Help);
