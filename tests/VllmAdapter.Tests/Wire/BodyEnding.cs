namespace VllmAdapter.Tests.Wire;

/// <summary>What comes after the last byte of a canned body.</summary>
public enum BodyEnding
{
    Clean = 1,
    Broken,
    Silent,
}
