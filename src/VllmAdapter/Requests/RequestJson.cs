using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a finished body once. Long text, such as an image's data URL, goes piece by piece into a buffer that has room for it.</summary>
internal static class RequestJson
{
    private const int Piece = 16 * 1024;

    // What the writer asks for at a time.
    private const int SmallestRoom = 4 * 1024;

    public static byte[] ToUtf8(JsonObject body)
    {
        JsonSerializerOptions options = VllmJsonContext.Relaxed.Options;
        using var buffer = new PooledBuffer(RoomFor(body));
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = options.Encoder, MaxDepth = options.MaxDepth });
        try
        {
            writer.WriteStartObject();
            foreach ((string name, JsonNode? value) in body)
            {
                writer.WritePropertyName(name);
                if (name == "messages")
                    Write(writer, value, options);
                else
                    WriteWhole(writer, value, options);
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
                foreach ((string name, JsonNode? value) in json)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value, options);
                }

                writer.WriteEndObject();
                break;

            case JsonArray array:
                writer.WriteStartArray();
                foreach (JsonNode? item in array)
                    Write(writer, item, options);
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

    private static long TextIn(JsonNode? node) => node switch
    {
        JsonObject json => json.Sum(property => property.Key.Length + 8 + TextIn(property.Value)),
        JsonArray array => array.Sum(TextIn),
        JsonValue value => TextOf(value)?.Length ?? 8,
        _ => 4,
    };

    // Text that was parsed is written as it was.
    private static string? TextOf(JsonValue value) => !value.TryGetValue(out JsonElement _) && value.TryGetValue(out string? text) ? text : null;
}
