using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VllmAdapter.WireTests;

/// <summary>One connection as its script sees it: bytes out, and what the client does to the socket.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly ClientProgress _client;
    private readonly List<byte> _received = [];

    public RawConnection(Socket socket, ClientProgress client)
    {
        // Every write is to be a packet of its own.
        socket.NoDelay = true;
        (_socket, _client) = (socket, client);
        ClientPort = ((IPEndPoint)socket.RemoteEndPoint!).Port;
    }

    /// <summary>What came of the request that is being read, or was read last.</summary>
    public string Request => Encoding.Latin1.GetString([.. _received]);

    /// <summary>Reads the next request to its end; false if the client closed the connection instead.</summary>
    public async Task<bool> ReadRequestAsync()
    {
        _received.Clear();
        while (!HoldsARequest())
        {
            if (!await ReceiveAsync())
                return false;
        }

        return true;
    }

    /// <summary>Reads until the body of a request has begun, and leaves the rest of it unread.</summary>
    public async Task UntilBodyBeginsAsync()
    {
        while (Request.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var head && (head < 0 || _received.Count == head + 4) && await ReceiveAsync())
        {
            // More of the head.
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = await _socket.SendAsync(bytes);
            (Sent, bytes) = (Sent + count, bytes[count..]);
        }
    }

    /// <summary>Sends one byte in each packet.</summary>
    public async Task TrickleAsync(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < bytes.Length; i++)
            await SendAsync(bytes.AsMemory(i, 1));
    }

    /// <summary>Waits until the client has handed out that many chunks, over all connections.</summary>
    public Task WhenHandedOutAsync(int chunks) => _client.WhenHandedOutAsync(chunks);

    /// <summary>The port at the client's end, which tells its connections apart.</summary>
    public int ClientPort { get; }

    /// <summary>How many bytes were sent on the connection.</summary>
    public long Sent { get; private set; }

    /// <summary>The first line of the request that was read last, such as <c>POST /v1/chat/completions HTTP/1.1</c>.</summary>
    public string RequestLine => Encoding.Latin1.GetString([.. _received.TakeWhile(one => one != '\r')]);

    /// <summary>Closes the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>Closes the connection in order.</summary>
    public void Close()
    {
        _socket.Shutdown(SocketShutdown.Both);
        _socket.Close();
    }

    /// <summary>Says that nothing more will come, and goes on listening.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Keeps silent until the client closes the connection, in order or by a reset.</summary>
    public async Task UntilClientLeavesAsync()
    {
        try
        {
            while (await ReceiveAsync())
            {
                // What a client may still say does not matter.
            }
        }
        catch (SocketException)
        {
            // It reset the connection.
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        int count = await _socket.ReceiveAsync(buffer);
        _received.AddRange(buffer.AsSpan(0, count));
        return count > 0;
    }

    private bool HoldsARequest()
    {
        string text = Encoding.Latin1.GetString(_received.ToArray());
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;

        const string Length = "Content-Length: ";
        int at = text.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        int body = at < 0 ? 0 : int.Parse(text[(at + Length.Length)..text.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture);
        return text.Length >= end + 4 + body;
    }
}
