using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Audio;

/// <summary>The form that the audio routes take.</summary>
public sealed class TranscriptionFormTests
{
    private static readonly AudioFile Sound = AudioFile.FromBytes("RIFF sound"u8.ToArray(), "call.wav");

    public static TheoryData<TranscriptionRequest, string[]> Requests => new()
    {
        { new() { Audio = Sound }, ["stream=true", "stream_include_usage=true"] },
        { new() { Audio = Sound, UsageReporting = UsageReporting.None }, ["stream=true"] },
        { new() { Audio = Sound, UsageReporting = UsageReporting.Continuous }, ["stream=true", "stream_include_usage=true", "stream_continuous_usage_stats=true"] },
        { new() { Audio = Sound, Stream = false }, [] },
        { new() { Audio = Sound, Segments = true }, ["response_format=verbose_json"] },
        {
            new() { Audio = Sound, Stream = false, Model = "whisper", Language = "de", Prompt = "Namen: Grüße\r\n--x", Temperature = 0.5, MaxTokens = 7 },
            ["model=whisper", "language=de", "prompt=Namen: Grüße\r\n--x", "temperature=0.5", "max_completion_tokens=7"]
        },
        {
            new() { Audio = Sound, Stream = false, Temperature = 1, Extra = new() { ["seed"] = 3, ["temperature"] = null, ["words"] = new JsonArray("a", "b"), ["vllm_xargs"] = new JsonObject { ["k"] = 1 } } },
            ["seed=3", "words=a", "words=b", "vllm_xargs={\"k\":1}"]
        },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Only_what_is_set_is_sent_and_the_file_behind_it(TranscriptionRequest request, string[] fields)
    {
        SentForm sent = await SentAsync(request);

        sent.Fields.Select(field => $"{field.Name}={field.Value}").Should().Equal(fields);
        (sent.FileName, sent.FileType).Should().Be(("call.wav", "audio/wav"));
        sent.File.Should().Equal(Sound.Content.ToArray());
    }

    [Fact]
    public async Task A_file_that_holds_the_boundary_gets_another_one()
    {
        byte[] content = Encoding.ASCII.GetBytes("\r\n--vllm-adapter-form-1--\r\n--vllm-adapter-form-2\r\n");

        SentForm sent = await SentAsync(new() { Audio = AudioFile.FromBytes(content) });

        sent.File.Should().Equal(content);
    }

    [Theory]
    [InlineData("a \"quoted\" name.mp3", "a %22quoted%22 name.mp3")]
    [InlineData("two\r\nlines.mp3", "two%0D%0Alines.mp3")]
    [InlineData("Grüße.mp3", "Grüße.mp3")]
    public async Task A_file_name_cannot_end_its_header(string name, string sent) =>
        (await SentAsync(new() { Audio = AudioFile.FromBytes(new byte[] { 1 }, name) })).FileName.Should().Be(sent);

    [Theory]
    [InlineData("stream", "Stream")]
    [InlineData("response_format", "Segments")]
    [InlineData("file", "Audio")]
    public void What_decides_how_the_reply_is_read_is_no_business_of_Extra(string field, string member) =>
        FluentActions.Invoking(() => TranscriptionForm.Fields(new() { Audio = Sound, Extra = new() { [field] = "x" } }, null, UsageReporting.None))
            .Should().Throw<ArgumentException>().WithMessage($"*{member}*");

    [Theory]
    [InlineData("speech.wav", "audio/wav")]
    [InlineData("speech.MP3", "audio/mpeg")]
    [InlineData("speech.m4a", "audio/mp4")]
    [InlineData("speech", "application/octet-stream")]
    public void What_a_file_is_its_extension_says(string name, string type) => AudioFile.FromBytes(new byte[] { 1 }, name).MediaType.Should().Be(type);

    [Fact]
    public async Task A_file_comes_from_bytes_from_a_stream_and_from_a_disk()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.mp3");
        await File.WriteAllBytesAsync(path, [1, 2, 3]);
        try
        {
            AudioFile file = await AudioFile.FromFileAsync(path);
            AudioFile stream = await AudioFile.FromStreamAsync(new MemoryStream([1, 2, 3]), "a.mp3");

            (file.FileName, file.MediaType, stream.MediaType).Should().Be((Path.GetFileName(path), "audio/mpeg", "audio/mpeg"));
            file.Content.ToArray().Should().Equal(1, 2, 3);
            stream.Content.ToArray().Should().Equal(1, 2, 3);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_empty_file_is_none()
    {
        await FluentActions.Awaiting(() => AudioFile.FromStreamAsync(Stream.Null)).Should().ThrowAsync<ArgumentException>().WithMessage("*empty*");
        FluentActions.Invoking(() => AudioFile.FromBytes(default)).Should().Throw<ArgumentException>().WithMessage("*empty*");
        FluentActions.Invoking(() => AudioFile.FromBytes(new byte[] { 1 }, "a.wav", "audio/wav\r\nX: y")).Should().Throw<ArgumentException>().WithMessage("*media type*");
    }

    private static Task<SentForm> SentAsync(TranscriptionRequest request)
    {
        FormBody form = TranscriptionForm.Write(TranscriptionForm.Fields(request, null, UsageReporting.Final), request.Audio);
        return SentForm.ReadAsync(form.Bytes, form.ContentType);
    }
}
