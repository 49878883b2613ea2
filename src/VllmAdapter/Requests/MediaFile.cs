using System.Collections.Frozen;

namespace VllmAdapter;

/// <summary>Reads pictures, audio and video from files. What a file is its extension says; what it holds is the server's to judge.</summary>
internal static class MediaFile
{
    public static MediaKind Images { get; } = new("image", nameof(ContentPart.Image), "mediaType", new()
    {
        ["png"] = "image/png",
        ["jpg"] = "image/jpeg",
        ["jpeg"] = "image/jpeg",
        ["gif"] = "image/gif",
        ["webp"] = "image/webp",
        ["bmp"] = "image/bmp",
        ["tif"] = "image/tiff",
        ["tiff"] = "image/tiff",
        ["avif"] = "image/avif",
        ["heic"] = "image/heic",
    });

    // Of audio the wire wants a format, not a media type.
    public static MediaKind Audio { get; } = new("audio", nameof(ContentPart.Audio), "format", new()
    {
        ["wav"] = "wav",
        ["mp3"] = "mp3",
        ["flac"] = "flac",
        ["ogg"] = "ogg",
        ["opus"] = "opus",
        ["m4a"] = "m4a",
        ["aac"] = "aac",
        ["aiff"] = "aiff",
        ["webm"] = "webm",
    });

    public static MediaKind Videos { get; } = new("video", nameof(ContentPart.Video), "mediaType", new()
    {
        ["mp4"] = "video/mp4",
        ["m4v"] = "video/mp4",
        ["webm"] = "video/webm",
        ["mov"] = "video/quicktime",
        ["mkv"] = "video/x-matroska",
        ["avi"] = "video/x-msvideo",
        ["mpeg"] = "video/mpeg",
        ["mpg"] = "video/mpeg",
    });

    public static string TypeOf(string path, MediaKind kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string extension = Path.GetExtension(path).TrimStart('.');
        return kind.Types.TryGetValue(extension, out string? type) ? type : throw new ArgumentException(
            $"'{Path.GetFileName(path)}' has {(extension.Length == 0 ? "no extension, so what it is cannot be told" : $"the extension '{extension}', which is none of {kind.Word}")} "
            + $"({string.Join(", ", kind.Types.Keys.Order(StringComparer.Ordinal))}). Say what it is: ContentPart.{kind.Method}(bytes, {kind.Parameter}).",
            nameof(path));
    }

    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        byte[] content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        return content.Length > 0 ? content : throw new ArgumentException($"'{Path.GetFileName(path)}' is empty.", nameof(path));
    }
}

/// <summary>A kind of media: its extensions, and what stands for each in a request.</summary>
internal sealed class MediaKind(string word, string method, string parameter, Dictionary<string, string> types)
{
    public string Word => word;

    /// <summary>What takes the bytes of a file that is not recognized, and the name of its second parameter.</summary>
    public string Method => method;

    public string Parameter => parameter;

    public FrozenDictionary<string, string> Types { get; } = types.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
}
