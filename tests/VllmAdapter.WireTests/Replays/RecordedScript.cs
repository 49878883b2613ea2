using System.Globalization;
using System.Text;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.WireTests.Replays;

/// <summary>
/// Plays a recorded response over a real socket as it was recorded: a piece as one chunk of a chunked body, or of a body of a known length, or of one
/// that ends with its connection; and then its end, in order, cut, reset or silent. Time is moved by hand.
/// </summary>
/// <remarks>What was recorded over HTTP/2 is played over 1.1, with a chunked body that has its end or not.</remarks>
internal sealed class RecordedScript(Recording recording, WatchedClient client, ManualTimeProvider clock)
{
    // A wait that the client began a moment late loses one step at most.
    private const int Steps = 16;

    private readonly RecordedResponse _response = recording.Exchange.Response;

    private bool IsChunked => Has("transfer-encoding");

    private bool HasLength => Has("content-length");

    /// <summary>How many chats the server was asked for.</summary>
    public int Requests { get; private set; }

    /// <summary>Whether a reply is under way.</summary>
    public bool IsPlaying { get; private set; }

    public async Task PlayAsync(RawConnection connection)
    {
        if (!connection.RequestLine.StartsWith("POST /v1/chat/completions ", StringComparison.Ordinal))
        {
            await connection.SendAsync(Sse.Reply("404 Not Found", "Content-Type: application/json\r\n", """{"detail":"Not Found"}"""));
            return;
        }

        Requests++;
        IsPlaying = true;
        try
        {
            await connection.SendAsync(Head());
            await SendPiecesAsync(connection);
            await EndAsync(connection);
        }
        finally
        {
            IsPlaying = false;
        }
    }

    private async Task SendPiecesAsync(RawConnection connection)
    {
        TimeSpan at = TimeSpan.Zero;
        foreach (RecordedPiece piece in _response.Pieces)
        {
            if (recording.IsTimed && piece.At > at)
            {
                await PassAsync(connection, piece.At - at);
                at = piece.At;
            }

            await connection.SendAsync(IsChunked ? Chunk(piece.Bytes.Span) : piece.Bytes);
        }
    }

    private async Task EndAsync(RawConnection connection)
    {
        switch (_response.SocketEnd)
        {
            case SocketEnd.Timeout:
                await KeepSilentAsync(connection);
                break;

            case SocketEnd.Reset:
                // A reset may overtake what the client has not read.
                await client.WhenWaitsAsync(connection);
                connection.Reset();
                break;

            case SocketEnd.Closed when _response.BodyComplete && IsChunked:
                await connection.SendAsync(Sse.LastChunk);
                break;

            case SocketEnd.Closed when _response.BodyComplete && HasLength:
                break;

            default:
                connection.Close();
                break;
        }
    }

    private async Task PassAsync(RawConnection connection, TimeSpan time)
    {
        for (int step = 0; step < Steps; step++)
        {
            await client.WhenWaitsAsync(connection);
            await Task.Yield();
            clock.Advance(time / Steps);
        }
    }

    private async Task KeepSilentAsync(RawConnection connection)
    {
        Task leaving = connection.UntilClientLeavesAsync();
        while (!leaving.IsCompleted)
        {
            await client.WhenWaitsAsync(connection);
            await Task.Yield();
            if (clock.UntilNextTimer is { } next)
                clock.Advance(next);
        }

        await leaving;
    }

    private string Head()
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {_response.Status} Recorded\r\n");
        foreach ((string name, string value) in _response.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {Measured(name, value)}\r\n");

        return head.Append("\r\n").ToString();
    }

    // A recording may have been cleaned of names since: a body that was whole is announced as long as it is now.
    private string Measured(string name, string value) =>
        _response.BodyComplete && name.Equals("content-length", StringComparison.OrdinalIgnoreCase)
            ? recording.Body.Length.ToString(CultureInfo.InvariantCulture)
            : value;

    private bool Has(string name) => _response.Headers.Any(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static byte[] Chunk(ReadOnlySpan<byte> bytes) =>
        [.. Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture)), .. "\r\n"u8, .. bytes, .. "\r\n"u8];
}
