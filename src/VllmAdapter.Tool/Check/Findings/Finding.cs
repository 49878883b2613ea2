namespace VllmAdapter.Tool.Check;

/// <summary>Something that was found, with all that shows it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Evidence">What shows it, at least one piece.</param>
internal sealed record Finding(FindingKind Kind, IReadOnlyList<Evidence> Evidence);

/// <summary>What shows a finding.</summary>
/// <param name="Probe">The probe that saw it.</param>
/// <param name="Text">What it saw, in a sentence or two.</param>
/// <param name="RequestId">The id under which the request is in the server's log; null if none was sent.</param>
internal sealed record Evidence(string Probe, string Text, string? RequestId = null);
