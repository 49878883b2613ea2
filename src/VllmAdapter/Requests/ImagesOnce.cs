using System.Diagnostics;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>The images of one request that have an id: those that the server has go by it alone.</summary>
internal sealed class ImagesOnce
{
    private const string Image = "image_url";

    private readonly JsonObject _body;
    private readonly SentImages _sent;
    private readonly List<(string Uuid, string Url)> _withData = [];
    private readonly List<(JsonObject Part, JsonNode Data, string Uuid, string Url)> _leftOut = [];

    private ImagesOnce(JsonObject body, SentImages sent) => (_body, _sent) = (body, sent);

    /// <summary>Takes the images that the server has out of a body; null if none has an id.</summary>
    /// <exception cref="ArgumentException">An id stands for two images.</exception>
    public static ImagesOnce? Of(JsonObject body, SentImages sent)
    {
        var images = new ImagesOnce(body, sent);
        foreach (JsonObject part in Parts(body))
            images.Take(part);

        return images._withData.Count + images._leftOut.Count > 0 ? images : null;
    }

    /// <summary>Whether a refusal says that the server has no longer what was left out.</summary>
    /// <remarks>Recorded of 0.32.0: 400, <c>Cache miss for image at index 0 but data is not provided.</c></remarks>
    public bool AreMissed(VllmRequestException refusal) =>
        _leftOut.Count > 0 && refusal.ServerMessage is { } words && words.Contains("Cache miss for image", StringComparison.OrdinalIgnoreCase);

    /// <summary>The body with all images, to be sent when some are missed: which, the server does not say of more than one.</summary>
    public byte[] WholeBody()
    {
        foreach ((JsonObject part, JsonNode data, string uuid, string url) in _leftOut)
        {
            _sent.Remove(uuid);
            part[Image] = data;
            _withData.Add((uuid, url));
        }

        _leftOut.Clear();
        return ChatRequestBody.ToUtf8(_body);
    }

    /// <summary>To be called once the answer has begun: the server has the images now.</summary>
    public void Arrived(ChatCall call)
    {
        foreach ((string uuid, string url) in _withData)
            _sent.Add(uuid, url);

        if (_leftOut.Count == 0 || !Meters.ImageBytesSaved.Enabled)
            return;

        TagList tags = SpanAttributes.Common("chat", call.Transport.Endpoint.At(VllmEndpoint.ChatCompletions), call.Model);
        Meters.ImageBytesSaved.Add(_leftOut.Sum(image => (long)image.Url.Length), tags);
    }

    private void Take(JsonObject part)
    {
        if (TextOf(part["uuid"]) is not { Length: > 0 } uuid || part[Image] is not JsonObject data || TextOf(data["url"]) is not { Length: > 0 } url)
            return;

        if (_withData.FirstOrDefault(image => image.Uuid == uuid) is { Url: { } other } && other != url)
        {
            throw RequestRefusal.Because(
                $"Two images of the request have the uuid \"{ServerText.Quote(uuid, limit: 60)}\", and the server would confuse them. Give each image an id of its own.");
        }

        if (!_sent.Contains(uuid, url))
        {
            _withData.Add((uuid, url));
            return;
        }

        part[Image] = null;
        _leftOut.Add((part, data, uuid, url));
    }

    private static JsonObject[] Parts(JsonObject body) =>
    [
        .. (body["messages"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .SelectMany(message => message["content"] as JsonArray ?? [])
            .OfType<JsonObject>(),
    ];

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
