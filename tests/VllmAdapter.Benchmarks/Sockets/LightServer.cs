using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VllmAdapter.Benchmarks.Sockets;

/// <summary>
/// A server that does as little as it can, in a process of its own: what is measured is the client. The address says what it is to send:
/// <c>/{chunks}/{milliseconds between them}/v1/chat/completions</c>.
/// </summary>
internal sealed class LightServer
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Pacer _pacer = new();

    /// <summary>Serves until the standard input is closed, which the end of the process that started it does too.</summary>
    public static async Task RunAsync()
    {
        var server = new LightServer();
        server._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server._listener.Listen(backlog: 8192);
        Console.WriteLine(((IPEndPoint)server._listener.LocalEndPoint!).Port);
        _ = server.AcceptAsync();
        await Console.In.ReadToEndAsync();
    }

    /// <summary>Starts the server in a process of its own.</summary>
    public static async Task<Running> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(LightServer).Assembly.Location, "serve"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        string? port = await process.StandardOutput.ReadLineAsync();
        return new Running(process, new Uri($"http://127.0.0.1:{port}/"));
    }

    private async Task AcceptAsync()
    {
        while (true)
            _ = ServeAsync(await _listener.AcceptAsync());
    }

    private async Task ServeAsync(Socket connection)
    {
        connection.NoDelay = true;
        byte[] buffer = new byte[4 * 1024];
        try
        {
            while (await ReadRequestAsync(connection, buffer) is var (chunks, every))
            {
                await connection.SendAsync(Frames.Head);
                if (every == 0)
                    await connection.SendAsync(Frames.Burst(chunks));
                else if (!await PaceAsync(connection, chunks, TimeSpan.FromMilliseconds(every)))
                    break;
            }
        }
        catch (SocketException)
        {
            // The client hung up.
        }

        connection.Dispose();
    }

    // Before the answer is over nothing comes but the end of the connection. A wait for it may end without a cause.
    private async Task<bool> PaceAsync(Socket connection, int chunks, TimeSpan every)
    {
        Task answer = _pacer.SendAsync(connection, chunks, every);
        while (await Task.WhenAny(answer, connection.ReceiveAsync(Memory<byte>.Empty).AsTask()) != answer)
        {
            if (connection.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                return false;
        }

        await answer;
        return true;
    }

    private static async Task<(int Chunks, int Every)?> ReadRequestAsync(Socket connection, byte[] buffer)
    {
        int length = 0;
        while (true)
        {
            int count = await connection.ReceiveAsync(buffer.AsMemory(length));
            if (count == 0)
                return null;

            length += count;
            int head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (head < 0)
                continue;

            string text = Encoding.ASCII.GetString(buffer, 0, head);
            for (int missing = head + 4 + BodyLength(text) - length; missing > 0;)
                missing -= await connection.ReceiveAsync(buffer.AsMemory(0, Math.Min(missing, buffer.Length)));

            string[] path = text.Split(' ', 3)[1].Split('/');
            return (int.Parse(path[1]), int.Parse(path[2]));
        }
    }

    private static int BodyLength(string head)
    {
        const string Name = "\r\ncontent-length:";
        int at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(head[(at + Name.Length)..].Split('\r', 2)[0]);
    }

    /// <summary>The server, as the process that measures sees it.</summary>
    public sealed class Running(Process process, Uri address) : IDisposable
    {
        public Uri Address(int chunks, int every) => new(address, $"{chunks}/{every}/");

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
