using System.Text;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>A frame ends at its blank line, wherever its bytes come apart.</summary>
public sealed class FrameScannerTests
{
    [Theory]
    [InlineData("data: {}\n\n")]
    [InlineData("data: {}\r\n\r\n")]
    [InlineData("event: a\r\ndata: {}\r\n\r\n")]
    public void A_frame_is_whole_only_with_its_blank_line(string frame)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(frame + "data: next");
        var scanner = new FrameScanner();
        int came = 0;
        int length = 0;
        while (length == 0)
            length = scanner.LengthOfFirst(bytes.AsSpan(0, ++came));

        (length, came).Should().Be((frame.Length, frame.Length));
    }
}
