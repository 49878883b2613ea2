using System.Text.Json;

namespace VllmAdapter;

/// <summary>What the arguments of a call are, as the JSON text that they stand in.</summary>
internal static class WrittenArguments
{
    /// <summary>Whether they are more than the empty object that stands for arguments to come.</summary>
    public static bool SaysSomething(ReadOnlySpan<byte> text) =>
        RawFields.IsText(text) && !(RawFields.Unquoted(text).Trim(" "u8) is [(byte)'{', .. var inside, (byte)'}'] && inside.Trim(" "u8).IsEmpty);

    public static bool IsObject(ReadOnlySpan<byte> text) => ArgumentsTextReading.Read(Said(text)) == ArgumentsText.Object;

    /// <summary>Whether two whole objects say different things; white space, spelling and order say nothing.</summary>
    public static bool Contradict(WrittenText came, ReadOnlySpan<byte> whole)
    {
        if (came.IsEmpty || came.Written.SequenceEqual(whole) || !IsObject(came.Written) || !IsObject(whole))
            return false;

        using JsonDocument one = JsonDocument.Parse(Said(came.Written), JsonText.Parsing);
        using JsonDocument other = JsonDocument.Parse(Said(whole), JsonText.Parsing);
        return !JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }

    private static string Said(ReadOnlySpan<byte> text) => JsonText.ReadPiece(RawFields.Unquoted(text));
}
