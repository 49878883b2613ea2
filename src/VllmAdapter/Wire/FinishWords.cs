namespace VllmAdapter;

/// <summary>Reads the word with which a server says why a choice ended: as it stands, unless it says that the choice has not ended.</summary>
internal static class FinishWords
{
    /// <summary>One of the words that nearly all servers use, without making it anew; null for any other.</summary>
    public static string? Common(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("stop"u8) => "stop",
        _ when word.SequenceEqual("length"u8) => "length",
        _ when word.SequenceEqual("tool_calls"u8) => "tool_calls",
        _ => null,
    };

    /// <summary>The word; null for one that stands in the place of null (ollama#4357).</summary>
    public static string? Said(string word) =>
        word.Length == 0 || word.Equals("null", StringComparison.OrdinalIgnoreCase) || word.Equals("none", StringComparison.OrdinalIgnoreCase) ? null : word;
}
