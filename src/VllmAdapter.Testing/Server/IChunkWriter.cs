namespace VllmAdapter.Testing;

/// <summary>Writes the chunks of one stream in the shape of its route and of the server's version.</summary>
internal interface IChunkWriter
{
    /// <summary>What opens a choice; null if nothing does.</summary>
    string? Role(int choice, FakeTokens? usage);

    /// <summary>A piece of a choice, or its end.</summary>
    string Delta(ScriptStep step, FakeTokens? usage);

    /// <summary>The counts, without a choice.</summary>
    string Usage(FakeTokens usage);
}
