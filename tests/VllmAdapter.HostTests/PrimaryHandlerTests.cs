using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;

namespace VllmAdapter.HostTests;

/// <summary>What companies put between a host and its server: mutual TLS and proxies.</summary>
public sealed class PrimaryHandlerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_wants_a_certificate_gets_it(bool isRegistered)
    {
        using X509Certificate2 servers = Certificate("localhost");
        using X509Certificate2 clients = Certificate("client");
        string? shown = null;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().UseUrls("https://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
        {
            https.ServerCertificate = servers;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.AllowAnyClientCertificate();
        }));
        await using WebApplication app = builder.Build();
        app.MapGet("/health", (HttpContext context) =>
        {
            shown = context.Connection.ClientCertificate?.Thumbprint;
            return Results.Ok();
        });
        await app.StartAsync();
        var endpoint = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        await using ServiceProvider? provider = isRegistered ? Registered() : null;
        VllmInferenceAdapter adapter = provider?.GetRequiredService<VllmInferenceAdapter>()
            ?? new VllmInferenceAdapter(endpoint, new VllmAdapterOptions { ConfigurePrimaryHandler = WithCertificate });

        (await adapter.Server.CheckHealthAsync()).IsHealthy.Should().BeTrue();
        shown.Should().Be(clients.Thumbprint);

        ServiceProvider Registered()
        {
            var services = new ServiceCollection();
            services.AddVllmAdapter(o => o.Endpoint = endpoint).ConfigurePrimaryHandler(WithCertificate);
            return services.BuildServiceProvider();
        }

        void WithCertificate(SocketsHttpHandler handler) => handler.SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = [clients],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => clients,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == servers.Thumbprint,
        };
    }

    [Fact]
    public async Task A_proxy_takes_the_request_to_a_server_that_only_it_knows()
    {
        await using FakeVllm behindTheProxy = await FakeVllm.StartAsync(Script.Model.Says("Hello"));
        var services = new ServiceCollection();
        services.AddVllmAdapter(o => o.Endpoint = new Uri("http://vllm.internal"))
            .ConfigurePrimaryHandler(handler => handler.Proxy = new WebProxy(behindTheProxy.Endpoint));
        await using ServiceProvider provider = services.BuildServiceProvider();

        (await provider.GetRequiredService<VllmInferenceAdapter>().CompleteChatAsync("Hello.")).Text.Should().Be("Hello");

        behindTheProxy.Requests.Should().ContainSingle().Which.Headers["Host"].Should().Be("vllm.internal");
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        // A key that lives in memory only is not offered on every platform.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
    }
}
