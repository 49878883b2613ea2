using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes JSON that is sent, at once into a buffer. Long text, such as an image's data URL, goes piece by piece into a buffer that has room for it.</summary>
internal static class RequestJson
{
    private const int Piece = 16 * 1024;

    // What the writer asks for at a time.
    private const int SmallestRoom = 4 * 1024;

    /// <summary>Writes a body of the caller's, or of a route that makes its own of nodes.</summary>
    public static byte[] ToUtf8(JsonObject body) => ToUtf8(body, TextIn(body["messages"]), static (json, body) =>
    {
        json.WriteStartObject();
        WriteFields(json, body);
        json.WriteEndObject();
    });

    /// <summary>Writes JSON.</summary>
    /// <param name="from">What it is made of.</param>
    /// <param name="text">How many characters of text it holds, roughly: a guess at its bytes that is right for data URLs, which are ASCII.</param>
    /// <param name="write">Writes it, whole.</param>
    /// <exception cref="ArgumentException">It cannot be written as JSON, or nests too deep.</exception>
    public static byte[] ToUtf8<T>(T from, long text, Action<Utf8JsonWriter, T> write)
    {
        // With room for the last piece at its worst, or the buffer would double for it.
        WriterOfThread writer = WriterOfThread.Take((int)Math.Min(SmallestRoom + text + (text > Piece ? 8 * Piece : 0), Array.MaxLength / 2));
        try
        {
            write(writer.Json, from);
            return writer.ToUtf8();
        }
        catch (InvalidOperationException tooDeep) when (writer.IsTooDeep)
        {
            throw RequestRefusal.Because($"The request nests deeper than {JsonText.MaxDepth} levels, which no server reads. Look at Extra and at the schemas of tools and output.", tooDeep);
        }
        catch (Exception unwritable) when (unwritable is JsonException or NotSupportedException or InvalidOperationException or ArgumentException { ParamName: null })
        {
            // Typed members are always written; what cannot be came by a JSON object of the user's.
            throw RequestRefusal.Because($"The request cannot be written as JSON: {unwritable.Message}", unwritable);
        }
        finally
        {
            writer.GiveBack();
        }
    }

    private static void WriteFields(Utf8JsonWriter json, JsonObject fields)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            (string name, JsonNode? value) = fields.GetAt(i);
            json.WritePropertyName(name);
            if (name == "messages")
                WriteInPieces(json, value);
            else
                json.WriteNode(value);
        }
    }

    /// <summary>Writes a text; null as null.</summary>
    public static void WriteText(this Utf8JsonWriter json, string? text)
    {
        if (text is not { Length: > Piece })
        {
            json.WriteStringValue(text);
            return;
        }

        for (int at = 0; at < text.Length; at += Piece)
            json.WriteStringValueSegment(text.AsSpan(at, Math.Min(Piece, text.Length - at)), isFinalSegment: at + Piece >= text.Length);
    }

    /// <summary>Writes a field and its text; null as null.</summary>
    public static void WriteText(this Utf8JsonWriter json, string name, string? text)
    {
        json.WritePropertyName(name);
        json.WriteText(text);
    }

    /// <summary>Writes a node that is likely to be short.</summary>
    public static void WriteNode(this Utf8JsonWriter json, JsonNode? node)
    {
        if (node is null)
            json.WriteNullValue();
        else
            node.WriteTo(json, VllmJsonContext.Relaxed.Options);
    }

    /// <summary>Writes a node that may hold long text.</summary>
    public static void WriteInPieces(Utf8JsonWriter json, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                json.WriteStartObject();
                for (int i = 0; i < fields.Count; i++)
                {
                    (string name, JsonNode? value) = fields.GetAt(i);
                    json.WritePropertyName(name);
                    WriteInPieces(json, value);
                }

                json.WriteEndObject();
                break;

            case JsonArray list:
                json.WriteStartArray();
                for (int i = 0; i < list.Count; i++)
                    WriteInPieces(json, list[i]);

                json.WriteEndArray();
                break;

            case JsonValue value when TextOf(value) is { } text:
                json.WriteText(text);
                break;

            default:
                json.WriteNode(node);
                break;
        }
    }

    /// <summary>How many characters of text a node holds, roughly.</summary>
    public static long TextIn(JsonNode? node)
    {
        long length = 0;
        switch (node)
        {
            case JsonObject json:
                for (int i = 0; i < json.Count; i++)
                    length += json.GetAt(i).Key.Length + 8 + TextIn(json.GetAt(i).Value);

                return length;

            case JsonArray array:
                for (int i = 0; i < array.Count; i++)
                    length += TextIn(array[i]);

                return length;

            default:
                return node is JsonValue value ? TextOf(value)?.Length ?? 8 : 4;
        }
    }

    // Text that was parsed is written as it was.
    private static string? TextOf(JsonValue value) => !value.TryGetValue(out JsonElement _) && value.TryGetValue(out string? text) ? text : null;
}
