using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The images that the server keeps by their ids: one that is sent by its id alone must be among them (vLLM 0.11 and later, recorded of 0.32.0).</summary>
internal sealed class ImageCache(RefusalWriter writer)
{
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    /// <summary>Takes over the images of a request; the refusal if one is missed.</summary>
    public WireReply? Take(JsonNode body)
    {
        int index = 0;
        foreach (JsonNode? part in body.At("messages").Items().SelectMany(message => message.At("content").Items()))
        {
            if (part.At("type").Text() != "image_url")
                continue;

            if (part.At("uuid").Text() is { } uuid)
            {
                lock (_kept)
                {
                    if (part.At("image_url") is not null)
                        _kept.Add(uuid);
                    else if (!_kept.Contains(uuid))
                        return writer.Refuse($"Cache miss for image at index {index} but data is not provided.");
                }
            }

            index++;
        }

        return null;
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        lock (_kept)
            _kept.Clear();
    }
}
