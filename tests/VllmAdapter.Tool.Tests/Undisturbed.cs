namespace VllmAdapter.Tool.Tests;

/// <summary>Tests that run while no other does.</summary>
[CollectionDefinition(nameof(Undisturbed), DisableParallelization = true)]
public sealed class Undisturbed;
