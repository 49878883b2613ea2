using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>A server on a port of this machine that gives the same answer to everything, and closes.</summary>
internal sealed class OneAnswerServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _answer;
    private readonly Task _serving;

    public OneAnswerServer(int status, string contentType, string body)
    {
        _answer = Encoding.UTF8.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _listener.Stop();
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                NetworkStream stream = client.GetStream();
                await ReadHeadAsync(stream);
                await stream.WriteAsync(_answer, _stopping.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(new byte[4096], _stopping.Token) > 0)
                {
                }
            }
            catch (Exception gone) when (gone is SocketException or IOException or OperationCanceledException)
            {
            }
        }
    }

    private static async Task ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0)
                return;
            head.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }
}
