using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using static VllmAdapter.WireTests.Sse;

namespace VllmAdapter.WireTests;

/// <summary>Over TLS the same holds; and what is wrong with the connection itself is said and not tried again.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task An_answer_over_TLS_is_an_answer()
    {
        await using var server = new TlsServer(Head + "Connection: close\r\n\r\n" + Says("Hello") + Finishes("stop") + Usage + Done);

        ChatAnswer answer = await Trusting(server).CompleteChatAsync(Played.Request);

        answer.Text.Should().Be("Hello");
        answer.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Fact]
    public async Task A_body_cut_without_a_farewell_is_cut()
    {
        await using var server = new TlsServer(Chunked + Chunk(Says("Hel")));

        Func<Task> ask = () => Trusting(server).CompleteChatAsync(Played.Request);

        var broken = await ask.Should().ThrowAsync<IncompleteStreamException>();
        broken.Which.Outcome.Verdict.Should().Be(StreamVerdict.Interrupted);
        broken.Which.Received.Text.Should().Be("Hel");
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_once_and_for_all()
    {
        await using var server = new TlsServer("");

        Func<Task> ask = () => new VllmInferenceAdapter(server.Endpoint).CompleteChatAsync(Played.Request);

        VllmRequestException refused = (await ask.Should().ThrowAsync<VllmRequestException>()).Which;
        refused.Failure.Should().Be(RequestFailure.ConnectionFailed);
        refused.IsRetryable.Should().BeFalse();
        refused.Attempts.Should().Be(1);
        refused.Message.Should().StartWith($"No secure connection at {server.Endpoint}v1/chat/completions: ").And.Contain("certificate");
    }

    [Fact]
    public async Task A_server_without_TLS_is_not_asked_again_either()
    {
        await using var server = RawServer.StartRude(connection => connection.SendAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
        var endpoint = new UriBuilder(server.Endpoint) { Scheme = "https" }.Uri;

        Func<Task> ask = () => new VllmInferenceAdapter(endpoint).CompleteChatAsync(Played.Request);

        VllmRequestException refused = (await ask.Should().ThrowAsync<VllmRequestException>()).Which;
        refused.Failure.Should().Be(RequestFailure.ConnectionFailed);
        refused.Attempts.Should().Be(1);
        refused.Message.Should().EndWith("use http:// in the endpoint.");
    }

    private static VllmInferenceAdapter Trusting(TlsServer server)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == server.Thumbprint },
        };
        return new VllmInferenceAdapter(new HttpClient(handler), new VllmAdapterOptions { Endpoint = server.Endpoint, Resilience = { MaxAttempts = 1 } });
    }

    /// <summary>Sends the same bytes to whoever asks, over TLS with a certificate of its own, and closes the socket without a word.</summary>
    private sealed class TlsServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2 _certificate = NewCertificate();
        private readonly Task _serving;

        public TlsServer(string reply)
        {
            _listener.Start();
            _serving = ServeAsync(Encoding.UTF8.GetBytes(reply));
        }

        public string Thumbprint => _certificate.Thumbprint;

        public Uri Endpoint => new($"https://{_listener.LocalEndpoint}/");

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving.WaitAsync(RawServer.Guard);
            _certificate.Dispose();
        }

        private async Task ServeAsync(byte[] reply)
        {
            try
            {
                while (true)
                {
                    using Socket socket = await _listener.AcceptSocketAsync();
                    await AnswerAsync(socket, reply);
                }
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The test is over.
            }
        }

        private async Task AnswerAsync(Socket socket, byte[] reply)
        {
            try
            {
                await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
                await tls.AuthenticateAsServerAsync(_certificate);
                byte[] request = new byte[16 * 1024];
                for (string received = ""; !received.Contains("\"messages\"", StringComparison.Ordinal);)
                {
                    int count = await tls.ReadAsync(request);
                    if (count == 0)
                        return;

                    received += Encoding.Latin1.GetString(request, 0, count);
                }

                await tls.WriteAsync(reply);
                socket.Shutdown(SocketShutdown.Send);
                while (await tls.ReadAsync(request) > 0)
                {
                    // Until the client leaves.
                }
            }
            catch (Exception left) when (left is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client did not like the certificate.
            }
        }

        private static X509Certificate2 NewCertificate()
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=vllm.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), password: null);
        }
    }
}
