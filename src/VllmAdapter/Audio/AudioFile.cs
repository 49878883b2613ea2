namespace VllmAdapter;

/// <summary>A sound file, read into memory: what it holds is the server's to judge.</summary>
/// <remarks>Immutable. It is kept whole, for a request may have to be sent again; vLLM takes 25 MB unless it is told otherwise.</remarks>
public sealed record AudioFile
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".wav"] = "audio/wav",
        [".mp3"] = "audio/mpeg",
        [".mpga"] = "audio/mpeg",
        [".flac"] = "audio/flac",
        [".ogg"] = "audio/ogg",
        [".opus"] = "audio/ogg",
        [".m4a"] = "audio/mp4",
        [".mp4"] = "audio/mp4",
        [".aac"] = "audio/aac",
        [".aiff"] = "audio/aiff",
        [".webm"] = "audio/webm",
    };

    private AudioFile(ReadOnlyMemory<byte> content, string fileName, string? mediaType)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fileName);
        if (content.IsEmpty)
            throw new ArgumentException($"'{fileName}' is empty.", nameof(content));

        if (mediaType is not null && (mediaType.Length == 0 || mediaType.Any(letter => letter is < ' ' or > '~')))
            throw new ArgumentException($"The media type of '{fileName}' must be one such as audio/wav.", nameof(mediaType));

        (Content, FileName) = (content, fileName);
        MediaType = mediaType ?? Types.GetValueOrDefault(Path.GetExtension(fileName), "application/octet-stream");
    }

    /// <summary>The bytes of the file.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The name of the file; vLLM itself only looks at the bytes.</summary>
    public string FileName { get; }

    /// <summary>Its type, such as <c>audio/wav</c>: what was said, else what the name's extension says.</summary>
    public string MediaType { get; }

    /// <summary>A file that is in memory already.</summary>
    /// <param name="content">Its bytes, which must not be changed afterwards.</param>
    /// <param name="fileName">Its name, such as <c>call.mp3</c>.</param>
    /// <param name="mediaType">Its type; null for what the extension says.</param>
    /// <exception cref="ArgumentException">There are no bytes, or no name.</exception>
    public static AudioFile FromBytes(ReadOnlyMemory<byte> content, string fileName = "audio.wav", string? mediaType = null) => new(content, fileName, mediaType);

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The file is empty.</exception>
    /// <exception cref="IOException">The file is not there (<see cref="FileNotFoundException"/>), or cannot be read.</exception>
    public static async Task<AudioFile> FromFileAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), Path.GetFileName(path), mediaType: null);
    }

    /// <summary>Reads a stream to its end, from where it stands; it is not disposed.</summary>
    /// <param name="stream">The stream; at most 2 GB.</param>
    /// <param name="fileName">The name of the file.</param>
    /// <param name="mediaType">Its type; null for what the extension says.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The stream is empty.</exception>
    public static async Task<AudioFile> FromStreamAsync(
        Stream stream, string fileName = "audio.wav", string? mediaType = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, cancellationToken).ConfigureAwait(false);
        return new(content.GetBuffer().AsMemory(0, (int)content.Length), fileName, mediaType);
    }

    /// <summary>The name and the size of the file.</summary>
    public override string ToString() => $"{FileName}, {OutcomeNotes.Count(Content.Length, "byte")}";
}
