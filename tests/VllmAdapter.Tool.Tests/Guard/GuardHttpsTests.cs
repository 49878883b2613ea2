using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration.Memory;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>A guard behind a certificate: from PEM and PFX files, with and without a password, and what may be wrong with them.</summary>
public sealed class GuardHttpsTests : IDisposable
{
    private const string Password = "as secret as can be";
    private const string Ask = """{"model":"fake-model","stream":true,"messages":[{"role":"user","content":"Hello."}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("guard").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public GuardHttpsTests()
    {
        var request = new CertificateRequest("CN=localhost", _key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Save("cert.pem", _certificate.ExportCertificatePem());
        Save("key.pem", _key.ExportPkcs8PrivateKeyPem());
        Save("ec-key.pem", _key.ExportECPrivateKeyPem());
        Save("locked-key.pem", _key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000)));
        Save("both.pem", $"{_key.ExportPkcs8PrivateKeyPem()}\n{_certificate.ExportCertificatePem()}");
        File.WriteAllBytes(PathOf("open.pfx"), _certificate.Export(X509ContentType.Pkcs12));
        File.WriteAllBytes(PathOf("locked.pfx"), _certificate.Export(X509ContentType.Pkcs12, Password));
        File.WriteAllBytes(PathOf("keyless.pfx"), X509CertificateLoader.LoadCertificate(_certificate.RawData).Export(X509ContentType.Pkcs12)!);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Save("other-key.pem", other.ExportPkcs8PrivateKeyPem());
        Save("text.pem", "no certificate");
    }

    [Theory]
    [InlineData("cert.pem", "key.pem", null, "1.1")]
    [InlineData("cert.pem", "ec-key.pem", null, "2.0")]
    [InlineData("cert.pem", "locked-key.pem", Password, "1.1")]
    [InlineData("both.pem", null, null, "2.0")]
    [InlineData("open.pfx", null, null, "1.1")]
    [InlineData("locked.pfx", null, Password, "2.0")]
    public async Task An_answer_comes_over_tls_with_the_certificate_of_the_file(string file, string? key, string? password, string version)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Hello.").Finishes("stop").Uses(10, 3).Done());
        await using GuardServer guard = await GuardServer.StartAsync(
            [new Uri("https://127.0.0.1:0")],
            [new MemoryConfigurationSource { InitialData = GuardSettings.Of([vllm.Endpoint]) }],
            GuardCertificate.Load(PathOf(file), key is null ? null : PathOf(key), password));

        // This certificate is trusted, and no other.
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new()
            {
                CertificateChainPolicy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        using var http = new HttpClient(handler);
        using HttpRequestMessage request = AnswerUnderWay.Request(guard.Addresses[0], Ask);
        (request.Version, request.VersionPolicy) = (Version.Parse(version), HttpVersionPolicy.RequestVersionExact);

        using HttpResponseMessage response = await http.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).Should().Contain("Hello.").And.Contain("[DONE]");
        response.Version.Should().Be(Version.Parse(version));
    }

    [Theory]
    [InlineData("nowhere.pem", null, null, "The certificate cannot be read: Could not find")]
    [InlineData("cert.pem", "nowhere.pem", null, "The key cannot be read: Could not find")]
    [InlineData("cert.pem", null, null, "holds no private key. Name its file with --certificate-key.")]
    [InlineData("cert.pem", "other-key.pem", null, "cert.pem cannot be opened")]
    [InlineData("cert.pem", "locked-key.pem", null, "If it has a password, put it into the variable")]
    [InlineData("cert.pem", "locked-key.pem", "wrong", "Check the password.")]
    [InlineData("key.pem", null, null, "key.pem cannot be opened")]
    [InlineData("locked.pfx", null, null, "If it has a password, put it into the variable")]
    [InlineData("locked.pfx", null, "wrong", "Check the password.")]
    [InlineData("locked.pfx", "key.pem", Password, "leave --certificate-key out")]
    [InlineData("keyless.pfx", null, null, "holds no private key")]
    [InlineData("text.pem", null, null, "text.pem cannot be opened")]
    public void A_certificate_that_cannot_be_used_is_told_in_a_sentence(string file, string? key, string? password, string told)
    {
        Action load = () => GuardCertificate.Load(PathOf(file), key is null ? null : PathOf(key), password);

        load.Should().Throw<ToolException>().Which.Message.Should().Contain(told).And.NotContain(Password);
    }

    [Fact]
    public async Task An_address_of_https_needs_a_certificate_and_a_key_belongs_to_one()
    {
        ToolRun without = await ToolRun.OfAsync(["guard", "--to", "http://127.0.0.1:1", "--listen", "https://127.0.0.1:0"]);
        ToolRun keyAlone = await ToolRun.OfAsync(["guard", "--to", "http://127.0.0.1:1", "--certificate-key", PathOf("key.pem")]);

        without.Code.Should().Be(2);
        without.Error.Should().Contain("needs a certificate. Name its file with --certificate.");
        keyAlone.Code.Should().Be(2);
        keyAlone.Error.Should().Contain("Name that with --certificate.");
    }

    [Theory]
    [InlineData("locked.pfx", 2, "If it has a password")]
    [InlineData("open.pfx", 3, "cannot listen")]
    public async Task The_command_takes_the_file_and_then_the_port(string file, int code, string told)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        ToolRun run = await ToolRun.OfAsync(["guard", "--to", "http://127.0.0.1:1", "--listen", $"https://127.0.0.1:{port}", "--certificate", PathOf(file)]);

        run.Code.Should().Be(code);
        run.Error.Should().Contain(told);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string PathOf(string file) => Path.Combine(_folder, file);

    private void Save(string file, string text) => File.WriteAllText(PathOf(file), text);
}
