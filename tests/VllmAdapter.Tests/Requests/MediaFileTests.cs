namespace VllmAdapter.Tests.Requests;

/// <summary>Pictures, audio and video of files.</summary>
public sealed class MediaFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vllm-media");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("cat.png", "data:image/png;base64,AQID")]
    [InlineData("cat.JPG", "data:image/jpeg;base64,AQID")]
    [InlineData("cat.of.mine.webp", "data:image/webp;base64,AQID")]
    public async Task An_image_is_what_its_extension_says(string name, string url) =>
        (await ContentPart.ImageFromFileAsync(File(name))).Should().Be(new ImagePart(url));

    [Fact]
    public async Task Audio_has_a_format_in_place_of_a_type() =>
        (await ContentPart.AudioFromFileAsync(File("purr.mp3"))).Should().Be(ContentPart.Audio(new byte[] { 1, 2, 3 }, "mp3"));

    [Fact]
    public async Task A_video_is_what_its_extension_says() =>
        (await ContentPart.VideoFromFileAsync(File("cat.mov"))).Should().Be(new VideoPart("data:video/quicktime;base64,AQID"));

    [Fact]
    public async Task What_is_not_known_is_refused_with_the_way_out() =>
        (await FluentActions.Awaiting(() => ContentPart.ImageFromFileAsync(File("cat.xyz"))).Should().ThrowAsync<ArgumentException>().WithParameterName("path"))
            .Which.Message.Should().StartWith("'cat.xyz' has the extension 'xyz', which is none of image (avif, bmp, gif, ")
            .And.Contain("Say what it is: ContentPart.Image(bytes, mediaType).");

    [Fact]
    public async Task A_file_without_an_extension_too() =>
        await FluentActions.Awaiting(() => ContentPart.AudioFromFileAsync(File("purr"))).Should().ThrowAsync<ArgumentException>()
            .WithMessage("'purr' has no extension, so what it is cannot be told*ContentPart.Audio(bytes, format)*");

    [Fact]
    public async Task A_file_that_is_not_there_is_named() =>
        (await FluentActions.Awaiting(() => ContentPart.ImageFromFileAsync(Path.Combine(_folder.FullName, "dog.png"))).Should().ThrowAsync<FileNotFoundException>())
            .Which.Message.Should().Contain("dog.png");

    [Fact]
    public async Task An_empty_file_is_none()
    {
        string path = Path.Combine(_folder.FullName, "empty.png");
        await System.IO.File.WriteAllBytesAsync(path, []);

        await FluentActions.Awaiting(() => ContentPart.ImageFromFileAsync(path)).Should().ThrowAsync<ArgumentException>().WithMessage("'empty.png' is empty.*");
    }

    private string File(string name)
    {
        string path = Path.Combine(_folder.FullName, name);
        System.IO.File.WriteAllBytes(path, [1, 2, 3]);
        return path;
    }
}
