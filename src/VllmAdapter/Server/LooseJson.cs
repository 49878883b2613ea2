using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Server;

/// <summary>Reads what servers of several makes write in several ways.</summary>
internal static class LooseJson
{
    /// <summary>A name, written as text or as a number; null for anything else, and for an empty one.</summary>
    public static string? ReadName(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonText.Read(ref reader) is { Length: > 0 } name ? name : null;
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                reader.SkipValue();
                return null;
        }
    }

    /// <summary>A number of tokens above zero; null for anything else, such as the -1 or 1e30 of a tokenizer that knows no limit.</summary>
    public static int? ReadWindow(ref Utf8JsonReader reader) => JsonText.ReadCount(ref reader) is > 0 and var tokens ? tokens : null;

    /// <summary>Any value. Of a field that is there twice the last one counts, for a <see cref="JsonObject"/> cannot hold both.</summary>
    public static JsonNode? ReadNode(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var fields = new JsonObject();
                while (reader.ReadField())
                {
                    string name = JsonText.Read(ref reader);
                    reader.Read();
                    fields[name] = ReadNode(ref reader);
                }

                return fields;
            case JsonTokenType.StartArray:
                var elements = new JsonArray();
                while (reader.ReadElement())
                    elements.Add(ReadNode(ref reader));

                return elements;
            case JsonTokenType.String:
                return JsonValue.Create(JsonText.Read(ref reader));
            case JsonTokenType.Null:
                return null;
            default:
                return JsonValue.Create(JsonElement.ParseValue(ref reader));
        }
    }
}
