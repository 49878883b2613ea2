using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace VllmAdapter.Testing;

/// <summary>Carries replies over real sockets: one port for HTTP/1.1, one for HTTP/2 in clear text.</summary>
internal sealed class Loopback : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;
    private ListenOptions? _http1;
    private ListenOptions? _http2;

    private Loopback(IPAddress address, int port)
    {
        // Bare Kestrel: no host, no configuration, no logging.
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
        options.Listen(address, port, listen => (_http1 = listen).Protocols = HttpProtocols.Http1);
        options.Listen(address, 0, listen => (_http2 = listen).Protocols = HttpProtocols.Http2);

        // Two bytes, so that a flush waits until the socket has taken everything: a fault must not overtake the bytes before it.
        var sockets = new SocketTransportOptions { MaxWriteBufferSize = 2 };
        _kestrel = new KestrelServer(
            Options.Create(options),
            new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    public Uri Http1 => AddressOf(_http1);

    public Uri Http2 => AddressOf(_http2);

    public static async Task<Loopback> StartAsync(FakeVllmOptions options, Func<ReceivedRequest, ReplyPlayback> answer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Port, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Port, ushort.MaxValue, nameof(options));
        var loopback = new Loopback(options.Address, options.Port);
        try
        {
            await loopback._kestrel.StartAsync(new Application(answer), cancellationToken).ConfigureAwait(false);
            return loopback;
        }
        catch
        {
            loopback._kestrel.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // No grace: what is still open is cut off.
        await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _kestrel.Dispose();
    }

    // Where it listens on every address, it is found on this machine's own.
    private static Uri AddressOf(ListenOptions? listen) => listen?.IPEndPoint is { } end && (end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any))
        ? new Uri($"http://127.0.0.1:{end.Port}/")
        : new Uri($"http://{listen?.IPEndPoint}/");

    private sealed class Application(Func<ReceivedRequest, ReplyPlayback> answer) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(HttpContext context)
        {
            ReceivedRequest request;
            try
            {
                request = await ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                return;
            }

            await new SocketReply(context, answer(request)).PlayAsync().ConfigureAwait(false);
        }

        private static async Task<ReceivedRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            return new ReceivedRequest
            {
                Method = request.Method,
                Path = request.Path.Value ?? "/",
                Query = request.QueryString.Value ?? "",
                Headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                Body = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false),
            };
        }
    }
}
