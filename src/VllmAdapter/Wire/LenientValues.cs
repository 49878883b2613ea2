using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads values that may be of any type, and counts those that are not of the expected one.</summary>
internal sealed class LenientValues
{
    /// <summary>Fields of an unexpected type in the event.</summary>
    public int Oddities { get; private set; }

    /// <summary>Whether any text in the event holds the replacement character, which is what bytes that are not UTF-8 become.</summary>
    public bool TextIsLossy { get; private set; }

    /// <summary>Begins with another event.</summary>
    public void Begin() => (Oddities, TextIsLossy) = (0, false);

    /// <summary>Whether a text holds the replacement character.</summary>
    public static bool IsLossy(string text) => text.Contains('\uFFFD');

    /// <summary>Counts a field that was read elsewhere, and is not what it should be.</summary>
    public void CountOdd() => Oddities++;

    /// <summary>Looks at text that was read elsewhere.</summary>
    public void Observe(string text) => TextIsLossy |= IsLossy(text);

    /// <summary>Whether the current value is of a type; another one is passed over.</summary>
    public bool Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType == type)
            return true;

        if (reader.TokenType != JsonTokenType.Null)
            Oddities++;

        reader.SkipValue();
        return false;
    }

    /// <summary>Whether the current value begins an object; one that should stand in a list is taken without it.</summary>
    public bool ExpectAsList(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;

        Oddities++;
        return true;
    }

    /// <summary>A piece of text, or a number or a truth value as it stands; null if there is none.</summary>
    public string? ReadText(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonText.ReadPiece(reader.ValueSpan);
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                Oddities++;
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                Oddities++;
                reader.SkipValue();
                return null;
        }
    }

    /// <summary>A name or an id; null if there is none.</summary>
    public string? ReadName(ref Utf8JsonReader reader)
    {
        string? name = ReadText(ref reader);
        if (string.IsNullOrEmpty(name))
            return null;

        name = PieceProgress.Whole(name);
        Observe(name);
        return name;
    }

    /// <summary>A finish reason's word; null if there is none.</summary>
    public string? ReadFinishWord(ref Utf8JsonReader reader) => !Expect(ref reader, JsonTokenType.String)
        ? null
        : FinishWords.Common(reader.ValueSpan) ?? FinishWords.Said(JsonText.Read(ref reader));

    /// <summary>The place of something in a list; null if it is not said.</summary>
    public int? ReadIndex(ref Utf8JsonReader reader)
    {
        JsonTokenType type = reader.TokenType;
        int? index = JsonText.ReadCount(ref reader);
        if (type is not (JsonTokenType.Number or JsonTokenType.Null) || (index is null && type == JsonTokenType.Number))
            Oddities++;

        return index;
    }

    /// <summary>The stop string, or the number of the stop token.</summary>
    public static string? ReadStopReason(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return JsonText.Read(ref reader) is { Length: > 0 } text ? text : null;
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                reader.SkipValue();
                return null;
        }
    }

    /// <summary>The text of a value as it stands.</summary>
    /// <exception cref="JsonException">It holds bytes that are not UTF-8.</exception>
    public static string ReadRaw(ref Utf8JsonReader reader)
    {
        try
        {
            using JsonDocument value = JsonDocument.ParseValue(ref reader);
            return value.RootElement.GetRawText();
        }
        catch (InvalidOperationException invalid)
        {
            throw new JsonException("An event that holds bytes which are not UTF-8 where they cannot be passed over.", invalid);
        }
    }
}
