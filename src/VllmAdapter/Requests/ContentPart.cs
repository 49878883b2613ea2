using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>
/// A piece of a <see cref="UserMessage"/> or a <see cref="ToolMessage"/>: text, an image, audio, video, or anything else as raw JSON.
/// </summary>
[JsonConverter(typeof(VllmJsonConverter))]
public abstract record ContentPart
{
    private protected ContentPart()
    {
    }

    /// <summary>A piece of text.</summary>
    /// <param name="text">The words.</param>
    public static TextPart Text(string text) => new(text);

    /// <summary>An image that the server fetches.</summary>
    /// <param name="url">
    /// An http, https or data URL, or a file URL below the server's <c>--allowed-local-media-path</c>.
    /// </param>
    public static ImagePart Image(Uri url) => new(Absolute(url));

    /// <summary>An image that travels in the request, as a data URL.</summary>
    /// <param name="content">The bytes of the image file.</param>
    /// <param name="mediaType">Its type, such as <c>image/png</c>.</param>
    public static ImagePart Image(ReadOnlyMemory<byte> content, string mediaType) => new(DataUrl(content, mediaType));

    /// <summary>Audio that travels in the request.</summary>
    /// <param name="content">The bytes of the audio file.</param>
    /// <param name="format">Its format, such as <c>wav</c> or <c>mp3</c>.</param>
    public static AudioPart Audio(ReadOnlyMemory<byte> content, string format) =>
        new(Convert.ToBase64String(content.Span), format);

    /// <summary>Audio that the server fetches.</summary>
    /// <param name="url">
    /// An http, https or data URL, or a file URL below the server's <c>--allowed-local-media-path</c>.
    /// </param>
    public static AudioUrlPart Audio(Uri url) => new(Absolute(url));

    /// <summary>A video that the server fetches.</summary>
    /// <param name="url">
    /// An http, https or data URL, or a file URL below the server's <c>--allowed-local-media-path</c>.
    /// </param>
    public static VideoPart Video(Uri url) => new(Absolute(url));

    /// <summary>A video that travels in the request, as a data URL.</summary>
    /// <param name="content">The bytes of the video file.</param>
    /// <param name="mediaType">Its type, such as <c>video/mp4</c>.</param>
    public static VideoPart Video(ReadOnlyMemory<byte> content, string mediaType) => new(DataUrl(content, mediaType));

    /// <summary>An image of a file, which travels in the request.</summary>
    /// <param name="path">The file. Its extension says what it is: png, jpg, jpeg, gif, webp, bmp, tif, tiff, avif or heic.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The extension is not one of these, or the file is empty.</exception>
    /// <exception cref="IOException">The file is not there (<see cref="FileNotFoundException"/>), or cannot be read.</exception>
    public static async Task<ImagePart> ImageFromFileAsync(string path, CancellationToken cancellationToken = default)
    {
        string type = MediaFile.TypeOf(path, MediaFile.Images);
        return Image(await MediaFile.ReadAsync(path, cancellationToken).ConfigureAwait(false), type);
    }

    /// <summary>Audio of a file, which travels in the request.</summary>
    /// <param name="path">The file. Its extension says what it is: wav, mp3, flac, ogg, opus, m4a, aac, aiff or webm.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <inheritdoc cref="ImageFromFileAsync" path="/*[not(self::param or self::typeparam)]"/>
    public static async Task<AudioPart> AudioFromFileAsync(string path, CancellationToken cancellationToken = default)
    {
        string format = MediaFile.TypeOf(path, MediaFile.Audio);
        return Audio(await MediaFile.ReadAsync(path, cancellationToken).ConfigureAwait(false), format);
    }

    /// <summary>A video of a file, which travels in the request.</summary>
    /// <param name="path">The file. Its extension says what it is: mp4, m4v, webm, mov, mkv, avi, mpeg or mpg.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <inheritdoc cref="ImageFromFileAsync" path="/*[not(self::param or self::typeparam)]"/>
    public static async Task<VideoPart> VideoFromFileAsync(string path, CancellationToken cancellationToken = default)
    {
        string type = MediaFile.TypeOf(path, MediaFile.Videos);
        return Video(await MediaFile.ReadAsync(path, cancellationToken).ConfigureAwait(false), type);
    }

    /// <summary>A part of a kind that this version has no type for, such as <c>image_embeds</c>.</summary>
    /// <param name="json">The part as it is sent.</param>
    public static RawPart Raw(JsonObject json) => new(json);

    /// <summary>The kind of the part and its length, not what it holds.</summary>
    public sealed override string ToString() => RequestWords.Of(this);

    private static string Absolute(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri
            ? url.AbsoluteUri
            : throw new ArgumentException(
                $"'{url}' is relative, and the server cannot know to what. Pass an absolute URL.", nameof(url));
    }

    private static string DataUrl(ReadOnlyMemory<byte> content, string mediaType)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(mediaType);
        string head = $"data:{mediaType};base64,";
        int length = checked(head.Length + ((content.Length + 2) / 3 * 4));

        // In one piece: images are large, and every string of one is a copy.
        return string.Create(length, (head, content), static (url, from) =>
        {
            from.head.CopyTo(url);
            Convert.TryToBase64Chars(from.content.Span, url[from.head.Length..], out _);
        });
    }
}

/// <summary>A piece of text.</summary>
/// <param name="Text">The words.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record TextPart(string Text) : ContentPart
{
    /// <summary>The words.</summary>
    public new string Text { get; init; } = Text;
}

/// <summary>An image (<c>image_url</c>).</summary>
/// <param name="Url">
/// Where the server finds it; text rather than a <see cref="Uri"/>, for a data URL may be megabytes long.
/// </param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record ImagePart(string Url) : ContentPart
{
    /// <summary>How closely the model should look: <c>auto</c>, <c>low</c> or <c>high</c>.</summary>
    /// <value>Null (default): not sent. vLLM accepts it and has no use for it.</value>
    public string? Detail { get; init; }

    /// <summary>An id by which the server keeps what it made of the image (<c>uuid</c>, vLLM 0.11 and later): a hash of its content is a good one.</summary>
    /// <value>
    /// Null (default): not sent. The server relies on the id alone: another image with the same id is taken for the first one. With
    /// <see cref="VllmAdapterOptions.SendImagesOnce"/> an image that the server has is not sent again.
    /// </value>
    public string? Uuid { get; init; }
}

/// <summary>Audio within the request (<c>input_audio</c>).</summary>
/// <param name="Base64">The audio file, base64.</param>
/// <param name="Format">Its format, such as <c>wav</c> or <c>mp3</c>.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record AudioPart(string Base64, string Format) : ContentPart;

/// <summary>Audio behind a URL (<c>audio_url</c>).</summary>
/// <param name="Url">Where the server finds it.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record AudioUrlPart(string Url) : ContentPart;

/// <summary>A video (<c>video_url</c>).</summary>
/// <param name="Url">Where the server finds it.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record VideoPart(string Url) : ContentPart;

/// <summary>A part that is sent as it is.</summary>
/// <param name="Json">The part, with its <c>type</c>.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record RawPart(JsonObject Json) : ContentPart
{
    /// <inheritdoc/>
    public bool Equals(RawPart? other) => other is not null && JsonNode.DeepEquals(Json, other.Json);

    /// <inheritdoc/>
    public override int GetHashCode() => new EqualJson(Json).GetHashCode();
}
