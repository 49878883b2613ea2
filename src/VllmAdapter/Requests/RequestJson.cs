using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a finished body once. Long text, such as an image's data URL, goes piece by piece into a buffer that has room for it.</summary>
internal static class RequestJson
{
    private const int Piece = 16 * 1024;

    // What the writer asks for at a time.
    private const int SmallestRoom = 4 * 1024;

    public static byte[] ToUtf8(JsonObject body) => ToUtf8(body, null, null, RoomFor(body));

    /// <summary>Writes a body with one field more, which is large and need not be made into nodes first.</summary>
    /// <param name="body">The other fields.</param>
    /// <param name="name">The field's name.</param>
    /// <param name="write">Writes its value.</param>
    /// <param name="room">How many bytes are likely enough.</param>
    public static byte[] ToUtf8(JsonObject body, string? name, Action<Utf8JsonWriter>? write, int room)
    {
        JsonSerializerOptions options = VllmJsonContext.Relaxed.Options;
        using var buffer = new PooledBuffer(room);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = options.Encoder, MaxDepth = options.MaxDepth });
        try
        {
            writer.WriteStartObject();
            for (int i = 0; i < body.Count; i++)
            {
                (string field, JsonNode? value) = body.GetAt(i);
                writer.WritePropertyName(field);
                if (field == "messages")
                    Write(writer, value, options);
                else
                    WriteWhole(writer, value, options);
            }

            if (name is not null)
            {
                writer.WritePropertyName(name);
                write?.Invoke(writer);
            }

            writer.WriteEndObject();
            writer.Flush();
        }
        catch (InvalidOperationException tooDeep) when (writer.CurrentDepth >= options.MaxDepth)
        {
            throw RequestRefusal.Because($"The request nests deeper than {options.MaxDepth} levels, which no server reads. Look at Extra and at the schemas of tools and output.", tooDeep);
        }
        catch (Exception unwritable) when (unwritable is JsonException or NotSupportedException or InvalidOperationException or ArgumentException { ParamName: null })
        {
            // Typed members are always written; what cannot be came by a JSON object of the user's.
            throw RequestRefusal.Because($"The request cannot be written as JSON: {unwritable.Message}", unwritable);
        }

        return buffer.Written.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? node, JsonSerializerOptions options)
    {
        switch (node)
        {
            case JsonObject json:
                writer.WriteStartObject();
                for (int i = 0; i < json.Count; i++)
                {
                    (string name, JsonNode? value) = json.GetAt(i);
                    writer.WritePropertyName(name);
                    Write(writer, value, options);
                }

                writer.WriteEndObject();
                break;

            case JsonArray array:
                writer.WriteStartArray();
                for (int i = 0; i < array.Count; i++)
                    Write(writer, array[i], options);

                writer.WriteEndArray();
                break;

            case JsonValue value when TextOf(value) is { Length: > Piece } text:
                for (int at = 0; at < text.Length; at += Piece)
                    writer.WriteStringValueSegment(text.AsSpan(at, Math.Min(Piece, text.Length - at)), isFinalSegment: at + Piece >= text.Length);
                break;

            default:
                WriteWhole(writer, node, options);
                break;
        }
    }

    private static void WriteWhole(Utf8JsonWriter writer, JsonNode? node, JsonSerializerOptions options)
    {
        if (node is null)
            writer.WriteNullValue();
        else
            node.WriteTo(writer, options);
    }

    // A guess that is right for data URLs, which are ASCII; with room for the last piece at its worst, or the buffer would double for it.
    private static int RoomFor(JsonObject body)
    {
        long text = TextIn(body["messages"]);
        return (int)Math.Min(SmallestRoom + text + (text > Piece ? 8 * Piece : 0), Array.MaxLength / 2);
    }

    private static long TextIn(JsonNode? node)
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
