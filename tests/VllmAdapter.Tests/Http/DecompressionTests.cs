using System.IO.Compression;
using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Http;

public sealed class DecompressionTests
{
    private const string Text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: [DONE]\n\n";

    public static TheoryData<string, string, int, string?> WholeBodies
    {
        get
        {
            var rows = new TheoryData<string, string, int, string?>();
            foreach (string encoding in (string[])["gzip", "x-gzip", "GZIP", "deflate", "br"])
            {
                foreach (int size in (int[])[1, 7, 100_000])
                    rows.Add(encoding, "one member", size, Text);
            }

            foreach (string body in (string[])["two members", "a member each event", "an empty member", "padding", "two members and padding"])
            {
                // Decoders look at their input a buffer at a time: an end must be one wherever a piece of it ends.
                foreach (int size in (int[])[1, 2, 3, 5, 7, 11, 19, 100_000])
                    rows.Add("gzip", body, size, body.StartsWith("two", StringComparison.Ordinal) ? Text + Text : null);
            }

            rows.Add("br", "padding", 100_000, Text);
            rows.Add("deflate", "padding", 7, Text);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(WholeBodies))]
    public async Task A_whole_body_ends_in_order(string encoding, string body, int pieceSize, string? text)
    {
        byte[] packed = body switch
        {
            "two members" => [.. Pack(Text, encoding), .. Pack(Text, encoding)],
            "a member each event" => [.. Text.Split("\n\n").SelectMany((one, at) => Pack(at == 2 ? one : one + "\n\n", encoding))],
            "an empty member" => [.. Pack(Text, encoding), .. Pack("", encoding)],
            "padding" => [.. Pack(Text, encoding), .. new byte[700]],
            "two members and padding" => [.. Pack(Text, encoding), .. Pack(Text, encoding), .. new byte[3]],
            _ => Pack(Text, encoding),
        };

        (string read, Exception? fault) = await ReadAsync(packed, encoding, pieceSize, BodyEnding.Clean);

        (read, fault).Should().Be((text ?? Text, null));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_was_cut_anywhere_is_cut_and_gives_nothing_but_its_beginning(string encoding)
    {
        string text = string.Concat(Enumerable.Range(0, 40).Select(number => $"data: {{\"number\":{number},\"square\":{number * number}}}\n\n"));
        byte[] packed = Pack(text, encoding);
        for (int length = 1; length < packed.Length; length++)
        {
            (string read, Exception? fault) = await ReadAsync(packed[..length], encoding, 13, BodyEnding.Clean);

            text.Should().StartWith(read, "{0} of {1} bytes", length, packed.Length);
            fault.Should().BeOfType<EndOfStreamException>("{0} of {1} bytes", length, packed.Length);
        }
    }

    [Fact]
    public async Task A_second_member_that_was_cut_anywhere_is_cut()
    {
        byte[] first = Pack(Text, "gzip");
        byte[] second = Pack(Text, "gzip");
        for (int length = 1; length < second.Length; length++)
        {
            (string read, Exception? fault) = await ReadAsync([.. first, .. second[..length]], "gzip", 13, BodyEnding.Clean);

            (Text + Text).Should().StartWith(read);
            fault.Should().BeOfType<EndOfStreamException>("{0} of {1} bytes", length, second.Length);
        }
    }

    /// <summary>Apache's mod_brotli closes the compressed data of a stream whose server died, and only then is the connection cut.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_connection_that_breaks_behind_the_end_of_the_compressed_data_broke(string encoding)
    {
        (string read, Exception? fault) = await ReadAsync(Pack(Text, encoding), encoding, 100_000, BodyEnding.Broken);

        read.Should().Be(Text);
        fault.Should().BeOfType<HttpIOException>();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Nothing_at_all_is_an_empty_body(string encoding) =>
        (await ReadAsync([], encoding, 1, BodyEnding.Clean)).Should().Be(("", null));

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task What_was_never_compressed_cannot_be_read(string encoding)
    {
        byte[] plain = [.. Enumerable.Repeat((byte)'<', 20_000)];

        (string read, Exception? fault) = await ReadAsync(plain, encoding, 100_000, BodyEnding.Clean);

        read.Should().BeEmpty();
        fault.Should().BeOfType<InvalidDataException>();
    }

    [Fact]
    public async Task A_body_that_goes_on_for_ever_behind_its_end_is_none()
    {
        byte[] packed = [.. Pack(Text, "br"), .. new byte[4 * 1024 * 1024]];

        (string read, Exception? fault) = await ReadAsync(packed, "br", 100_000, BodyEnding.Clean);

        (read, fault).Should().Match<(string Read, Exception? Fault)>(one => one.Read == Text && one.Fault is InvalidDataException);
    }

    [Fact]
    public void A_body_that_nobody_compressed_is_handed_on_as_it_is()
    {
        using var response = new HttpResponseMessage();
        using var wire = new MemoryStream();

        Decompression.Of(response, wire).Should().BeSameAs(wire);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public void Letting_go_of_it_lets_go_of_the_wire(string encoding)
    {
        using var response = new HttpResponseMessage();
        response.Content.Headers.ContentEncoding.Add(encoding);
        var wire = new MemoryStream();

        Decompression.Of(response, wire).Dispose();

        wire.CanRead.Should().BeFalse();
    }

    private static async Task<(string Read, Exception? Fault)> ReadAsync(byte[] packed, string encoding, int pieceSize, BodyEnding ending)
    {
        using var response = new HttpResponseMessage();
        response.Content.Headers.ContentEncoding.Add(encoding);
        ReadOnlyMemory<byte>[] pieces = [.. packed.Chunk(pieceSize).Select(piece => (ReadOnlyMemory<byte>)piece)];
        await using Stream body = Decompression.Of(response, new CannedBody(pieces, ending));
        var read = new MemoryStream();
        try
        {
            await body.CopyToAsync(read);
            return (Encoding.UTF8.GetString(read.ToArray()), null);
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            return (Encoding.UTF8.GetString(read.ToArray()), fault);
        }
    }

    private static byte[] Pack(string text, string encoding)
    {
        var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "br" => new BrotliStream(packed, CompressionMode.Compress),
            "deflate" => new ZLibStream(packed, CompressionMode.Compress),
            _ => new GZipStream(packed, CompressionMode.Compress),
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }
}
