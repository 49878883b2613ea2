using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>The bytes of vLLM 0.33.0, each event in a chunk of HTTP as uvicorn sends it. A chunk's text is the moment of its sending.</summary>
internal static class Frames
{
    private const int StampLength = 16;

    private static readonly byte[] Last = [
        .. Frame(CannedStream.Finish), .. Frame(CannedStream.FinalUsage(20, 3)), .. Frame("data: [DONE]\n\n"), .. "0\r\n\r\n"u8];

    private static readonly int StampAt = Stamped().AsSpan().IndexOf(new string('0', StampLength).Select(digit => (byte)digit).ToArray());

    public static ReadOnlyMemory<byte> Head { get; } =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nvary: Origin\r\ntransfer-encoding: chunked\r\n\r\n"u8.ToArray();

    public static ReadOnlyMemory<byte> End => Last;

    public static ReadOnlyMemory<byte> Role { get; } = Frame(CannedStream.Role);

    /// <summary>A chunk to be stamped anew for each sending.</summary>
    public static byte[] Stamped() => Frame(CannedStream.Content(" " + new string('0', StampLength)));

    /// <summary>Writes the present moment into a chunk.</summary>
    public static void Stamp(byte[] chunk) =>
        Stopwatch.GetTimestamp().TryFormat(chunk.AsSpan(StampAt, StampLength), out _, "D16", CultureInfo.InvariantCulture);

    /// <summary>A whole answer.</summary>
    public static byte[] Burst(int chunks)
    {
        using var all = new MemoryStream();
        all.Write(Role.Span);
        byte[] chunk = Stamped();
        Stamp(chunk);
        for (int i = 0; i < chunks; i++)
            all.Write(chunk);

        all.Write(End.Span);
        return all.ToArray();
    }

    private static byte[] Frame(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return [.. Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n"u8];
    }
}
