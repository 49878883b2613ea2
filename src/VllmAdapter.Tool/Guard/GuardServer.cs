using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Transforms;

namespace VllmAdapter.Tool.Guard;

/// <summary>A proxy in front of vLLM servers that makes every client honest: YARP, with the library where it sends.</summary>
internal sealed class GuardServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GuardServer(WebApplication app) => _app = app;

    /// <summary>The addresses where it listens.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(static address => new Uri(address))];

    /// <summary>What it counted.</summary>
    public GuardMetrics Metrics => _app.Services.GetRequiredService<GuardMetrics>();

    /// <summary>Listens, and answers from then on.</summary>
    /// <param name="listen">Where: <c>http://127.0.0.1:8100</c>, <c>https://127.0.0.1:8443</c>, or <c>h2c://127.0.0.1:8101</c> for HTTP/2 in clear text. Port 0 is a free one.</param>
    /// <param name="settings">The settings, later ones over earlier ones.</param>
    /// <param name="certificate">For <c>https://</c>, where HTTP/2 is spoken too.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ToolException">It cannot start; the message says why.</exception>
    public static async Task<GuardServer> StartAsync(
        IReadOnlyList<Uri> listen, IReadOnlyList<IConfigurationSource> settings, GuardCertificate? certificate = null, CancellationToken cancellationToken = default)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        foreach (IConfigurationSource source in settings)
            ((IConfigurationBuilder)builder.Configuration).Add(source);

        GuardSettings.Check(builder.Configuration);
        builder.WebHost.UseKestrel();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, listen, certificate));
        AddServices(builder.Services, builder.Configuration);
        WebApplication app = builder.Build();
        Map(app);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception taken) when (taken is IOException or SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new ToolException($"The guard cannot listen: {taken.Message} Choose another address with --listen.", ExitCode.Unavailable, taken);
        }

        return new GuardServer(app);
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => _app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void Listen(KestrelServerOptions kestrel, IReadOnlyList<Uri> addresses, GuardCertificate? certificate)
    {
        kestrel.AddServerHeader = false;

        // The back end has its own limit; what is held in memory has that of the guard.
        kestrel.Limits.MaxRequestBodySize = null;
        foreach (Uri address in addresses)
        {
            bool isSecure = address.Scheme == "https";
            if (isSecure && certificate is null)
                throw new ToolException($"{address} needs a certificate. Name its file with --certificate.");

            HttpProtocols protocols = address.Scheme == "h2c" ? HttpProtocols.Http2 : isSecure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
            if (address.HostNameType is UriHostNameType.Dns && address.Host is not ("localhost" or "*"))
                throw new ToolException($"\"{address.Host}\" is no address to listen on. Give an IP address, localhost, or 0.0.0.0 for every one.");

            IPAddress ip = address.Host switch
            {
                "localhost" => IPAddress.Loopback,
                "*" => IPAddress.IPv6Any,
                _ => IPAddress.Parse(address.Host.Trim('[', ']')),
            };
            kestrel.Listen(ip, address.Port < 0 ? 0 : address.Port, endpoint =>
            {
                endpoint.Protocols = protocols;
                if (isSecure)
                    endpoint.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate!.Certificate, ServerCertificateChain = certificate.Chain });
            });
        }
    }

    private static void AddServices(IServiceCollection services, ConfigurationManager configuration)
    {
        services.AddRouting();
        services.AddSingleton<GuardMetrics>();
        services.AddSingleton<CurrentGuardOptions>();
        services.AddSingleton<GuardMiddleware>();
        services.AddSingleton(new ContextWindowMemory(TimeProvider.System));
        services.AddSingleton<IForwarderHttpClientFactory, GuardClientFactory>();
        services.Configure<TransportFailureRateHealthPolicyOptions>(static health =>
            (health.MinimalTotalCountThreshold, health.DetectionWindowSize) = (2, TimeSpan.FromSeconds(30)));
        services.AddReverseProxy()
            .LoadFromConfig(configuration.GetSection(GuardSettings.ProxySection))
            .AddConfigFilter<LongAnswers>()
            .AddTransforms(static transforms => transforms.AddRequestTransform(static transform =>
            {
                if (GuardMiddleware.ExchangeOf(transform.HttpContext) is { } exchange)
                {
                    exchange.ChosenAddress = transform.DestinationPrefix;
                    transform.ProxyRequest.Options.Set(GuardExchange.Key, exchange);
                }

                return default;
            }));
    }

    private static void Map(WebApplication app)
    {
        var guard = app.Services.GetRequiredService<GuardMiddleware>();
        app.MapGet("/metrics", static (HttpContext context, GuardMetrics metrics) =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            return context.Response.WriteAsync(metrics.ToString(), context.RequestAborted);
        });
        app.MapGet("/healthz", static (HttpContext context, IProxyStateLookup proxy) =>
        {
            bool isUp = proxy.GetClusters().Any(static cluster => cluster.DestinationsState.AvailableDestinations.Count > 0);
            context.Response.StatusCode = isUp ? 200 : 503;
            return context.Response.WriteAsync(isUp ? "ok\n" : "no back end is available\n", context.RequestAborted);
        });
        app.MapReverseProxy(proxy =>
        {
            proxy.Use(guard.GuardAsync);
            proxy.UseSessionAffinity();
            proxy.Use(GuardMiddleware.KeepCandidates);
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
            proxy.Use(GuardMiddleware.ReportFaultAsync);
        });
    }

    // The proxy's own clock would cut long answers; the guard has clocks that know what they wait for.
    private sealed class LongAnswers : IProxyConfigFilter
    {
        private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

        public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(
            cluster.HttpRequest?.ActivityTimeout is not null
                ? cluster
                : cluster with { HttpRequest = (cluster.HttpRequest ?? new ForwarderRequestConfig()) with { ActivityTimeout = Longest } });

        public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);
    }
}

/// <summary>The proxy's clients, with the guard around their handlers.</summary>
internal sealed class GuardClientFactory(ContextWindowMemory windows, GuardMetrics metrics) : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);

        // uvicorn closes idle connections after 5 s (vllm#18472); one that is older might be closed under a new request.
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4);
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new GuardHandler(base.WrapHandler(context, handler), windows, metrics);
}
