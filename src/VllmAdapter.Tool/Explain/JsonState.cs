using System.Text;
using System.Text.Json;

namespace VllmAdapter.Tool.Explain;

/// <summary>Tells how far the text of a call's arguments is JSON.</summary>
internal static class JsonState
{
    internal enum Kind
    {
        Empty = 1,
        Whole,
        Open,
        Broken,
    }

    public static Kind Of(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Kind.Empty;

        // Asked for more at the end, the reader tells what is open from what is wrong.
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text.Trim()), isFinalBlock: false, state: default);
        try
        {
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read())
            {
            }

            return !isObject && reader.TokenType != JsonTokenType.None ? Kind.Broken
                : reader is { CurrentDepth: 0, TokenType: JsonTokenType.EndObject } ? Kind.Whole
                : Kind.Open;
        }
        catch (JsonException)
        {
            return Kind.Broken;
        }
    }
}
