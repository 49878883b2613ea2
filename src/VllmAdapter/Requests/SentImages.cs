using System.Collections.Concurrent;

namespace VllmAdapter;

/// <summary>The images that a server was sent, by the ids under which it keeps them.</summary>
/// <remarks>Thread-safe. Whether the server has them still, only it knows.</remarks>
internal sealed class SentImages
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, (int Length, int Hash)> _images = new(StringComparer.Ordinal);

    /// <summary>Whether the server was sent this image under this id.</summary>
    /// <exception cref="ArgumentException">It was sent another one, and would take this one for that.</exception>
    public bool Contains(string uuid, string url)
    {
        if (!_images.TryGetValue(uuid, out (int Length, int Hash) sent))
            return false;

        return sent == MarkOf(url)
            ? true
            : throw RequestRefusal.Because(
                $"The image with the uuid \"{ServerText.Quote(uuid, limit: 60)}\" differs from the one sent under it before, and the server would use the earlier one. "
                + "Give each image an id of its own, such as a hash of its content.");
    }

    public void Add(string uuid, string url)
    {
        // To send them all once more is all that it costs.
        if (_images.Count >= Most)
            _images.Clear();

        _images[uuid] = MarkOf(url);
    }

    public void Remove(string uuid) => _images.TryRemove(uuid, out _);

    private static (int Length, int Hash) MarkOf(string url) => (url.Length, url.GetHashCode(StringComparison.Ordinal));
}
