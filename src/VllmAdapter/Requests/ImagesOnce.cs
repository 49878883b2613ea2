using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>The images of one request that have an id: those that the server has go by it alone.</summary>
internal sealed class ImagesOnce(SentImages sent)
{
    private const string Image = "image_url";
    private const int NullLength = 4;

    private readonly List<(string Uuid, string Url)> _withData = [];
    private readonly List<LeftOut> _leftOut = [];

    /// <summary>Whether any image has an id.</summary>
    public bool AreAny => _withData.Count + _leftOut.Count > 0;

    /// <summary>Whether a refusal says that the server has no longer what was left out.</summary>
    /// <remarks>Recorded of 0.32.0: 400, <c>Cache miss for image at index 0 but data is not provided.</c></remarks>
    public bool AreMissed(VllmRequestException refusal) =>
        _leftOut.Count > 0 && refusal.ServerMessage is { } words && words.Contains("Cache miss for image", StringComparison.OrdinalIgnoreCase);

    /// <summary>The body with all images, to be sent when some are missed: which, the server does not say of more than one.</summary>
    /// <param name="body">The body without them, as it was sent.</param>
    public byte[] WholeBody(byte[] body)
    {
        using var whole = new MemoryStream(body.Length);
        int copied = 0;
        foreach (LeftOut image in _leftOut)
        {
            whole.Write(body, copied, image.Place - copied);
            whole.Write(RequestJson.ToUtf8(image.Data, image.Url.Length, static (json, data) => RequestJson.WriteInPieces(json, data)));
            copied = image.Place + NullLength;
            sent.Remove(image.Uuid);
            _withData.Add((image.Uuid, image.Url));
        }

        whole.Write(body, copied, body.Length - copied);
        _leftOut.Clear();
        return whole.ToArray();
    }

    /// <summary>To be called once the answer has begun: the server has the images now.</summary>
    public void Arrived(ChatCall call)
    {
        foreach ((string uuid, string url) in _withData)
            sent.Add(uuid, url);

        if (_leftOut.Count == 0 || !Meters.ImageBytesSaved.Enabled)
            return;

        TagList tags = SpanAttributes.Common("chat", call.Transport.Endpoint.At(VllmEndpoint.ChatCompletions), call.Model);
        Meters.ImageBytesSaved.Add(_leftOut.Sum(image => (long)image.Url.Length), tags);
    }

    /// <summary>Writes null in the place of an image that the server has; nothing for any other.</summary>
    /// <returns>Whether it wrote null.</returns>
    /// <exception cref="ArgumentException">The id stands for two images.</exception>
    public bool LeavesOut(Utf8JsonWriter json, ImagePart image)
    {
        if (!IsKnown(image.Uuid, image.Url))
            return false;

        var data = new JsonObject { ["url"] = image.Url };
        data.Put("detail", image.Detail);
        LeaveOut(json, image.Uuid!, image.Url, data);
        return true;
    }

    /// <summary>Writes a part as it is, but for an image that the server has.</summary>
    /// <exception cref="ArgumentException">The id stands for two images.</exception>
    public void WritePart(Utf8JsonWriter json, JsonObject part)
    {
        if (TextOf(part["uuid"]) is not { } uuid || part[Image] is not JsonObject data || TextOf(data["url"]) is not { } url || !IsKnown(uuid, url))
        {
            RequestJson.WriteInPieces(json, part);
            return;
        }

        json.WriteStartObject();
        foreach ((string name, JsonNode? value) in part)
        {
            json.WritePropertyName(name);
            if (name == Image)
                LeaveOut(json, uuid, url, data.DeepClone().AsObject());
            else
                RequestJson.WriteInPieces(json, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes messages as they are, but for the images that the server has.</summary>
    /// <exception cref="ArgumentException">An id stands for two images.</exception>
    public void WriteMessages(Utf8JsonWriter json, JsonNode? messages) => WriteEach(json, messages, message =>
    {
        json.WriteStartObject();
        foreach ((string name, JsonNode? value) in message)
        {
            json.WritePropertyName(name);
            if (name == "content")
                WriteEach(json, value, part => WritePart(json, part));
            else
                RequestJson.WriteInPieces(json, value);
        }

        json.WriteEndObject();
    });

    // What is no list, or in it no object, has no image to look at.
    private static void WriteEach(Utf8JsonWriter json, JsonNode? list, Action<JsonObject> write)
    {
        if (list is not JsonArray entries)
        {
            RequestJson.WriteInPieces(json, list);
            return;
        }

        json.WriteStartArray();
        foreach (JsonNode? entry in entries)
        {
            if (entry is JsonObject fields)
                write(fields);
            else
                RequestJson.WriteInPieces(json, entry);
        }

        json.WriteEndArray();
    }

    // Whether the server has it; if not, it is to be known once it arrived.
    private bool IsKnown(string? uuid, string? url)
    {
        if (uuid is not { Length: > 0 } || url is not { Length: > 0 })
            return false;

        if (_withData.FirstOrDefault(image => image.Uuid == uuid) is { Url: { } other } && other != url)
        {
            throw RequestRefusal.Because(
                $"Two images of the request have the uuid \"{ServerText.Quote(uuid, limit: 60)}\", and the server would confuse them. Give each image an id of its own.");
        }

        if (sent.Contains(uuid, url))
            return true;

        _withData.Add((uuid, url));
        return false;
    }

    private void LeaveOut(Utf8JsonWriter json, string uuid, string url, JsonObject data)
    {
        _leftOut.Add(new LeftOut((int)(json.BytesCommitted + json.BytesPending), data, uuid, url));
        json.WriteNullValue();
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    // Place: where null stands in the body, in bytes.
    private readonly record struct LeftOut(int Place, JsonObject Data, string Uuid, string Url);
}
