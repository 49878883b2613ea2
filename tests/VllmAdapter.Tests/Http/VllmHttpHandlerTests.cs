using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter.Tests.Http;

/// <summary>What the adapter's own handler is set to: on this machine none of it shows, in front of a gateway all of it does.</summary>
public sealed class VllmHttpHandlerTests
{
    [Fact]
    public void A_connection_is_given_up_before_uvicorn_closes_it()
    {
        using SocketsHttpHandler handler = VllmHttpHandler.New(new TimeLimits());

        handler.PooledConnectionIdleTimeout.Should().BePositive().And.BeLessThan(TimeSpan.FromSeconds(5));
        handler.PooledConnectionLifetime.Should().BePositive().And.BeLessThan(TimeSpan.FromHours(1));
    }

    [Fact]
    public void No_redirect_is_followed_no_cookie_kept_and_nothing_decompressed_unseen()
    {
        using SocketsHttpHandler handler = VllmHttpHandler.New(new TimeLimits());

        (handler.AllowAutoRedirect, handler.UseCookies, handler.AutomaticDecompression).Should().Be((false, false, DecompressionMethods.None));
    }

    [Fact]
    public void Hanging_up_reads_little_and_connecting_has_a_limit()
    {
        using SocketsHttpHandler handler = VllmHttpHandler.New(new TimeLimits { Connect = TimeSpan.FromSeconds(3) });

        handler.ConnectTimeout.Should().Be(TimeSpan.FromSeconds(3));
        handler.MaxResponseDrainSize.Should().BeLessThanOrEqualTo(64 * 1024);
        handler.ResponseDrainTimeout.Should().BeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Proxies_of_the_environment_and_many_connections_to_one_server_are_used()
    {
        using SocketsHttpHandler handler = VllmHttpHandler.New(new TimeLimits());

        (handler.UseProxy, handler.EnableMultipleHttp2Connections, handler.MaxConnectionsPerServer).Should().Be((true, true, int.MaxValue));
    }

    [Fact]
    public void What_a_user_changes_of_a_registered_adapters_handler_leaves_the_rest_as_it_is()
    {
        var proxy = new WebProxy("http://proxy.test:3128");
        var services = new ServiceCollection();
        services.AddSingleton(proxy);
        services.AddVllmAdapter("batch", options =>
            {
                options.Endpoint = new Uri("http://vllm.test");
                options.ConfigurePrimaryHandler = handler => handler.MaxConnectionsPerServer = 7;
            })
            .ConfigurePrimaryHandler(handler => handler.ConnectTimeout = TimeSpan.FromSeconds(1))
            .ConfigurePrimaryHandler((handler, provider) => handler.Proxy = provider.GetRequiredService<WebProxy>());
        using ServiceProvider provider = services.BuildServiceProvider();

        SocketsHttpHandler sockets = PrimaryOf(provider, "VllmAdapter.batch");

        (sockets.Proxy, sockets.ConnectTimeout, sockets.MaxConnectionsPerServer).Should().Be((proxy, TimeSpan.FromSeconds(1), 7));
        (sockets.AllowAutoRedirect, sockets.UseCookies, sockets.PooledConnectionIdleTimeout < TimeSpan.FromSeconds(5), sockets.PlaintextStreamFilter is not null)
            .Should().Be((false, false, true, true));
    }

    [Fact]
    public void An_adapter_that_makes_its_client_itself_has_its_handler_changed_once()
    {
        List<SocketsHttpHandler> made = [];
        var options = new VllmAdapterOptions { ConfigurePrimaryHandler = made.Add };

        _ = new VllmInferenceAdapter("http://vllm.test", options);

        made.Should().ContainSingle().Which.AllowAutoRedirect.Should().BeFalse("it is set up already");
    }

    [Fact]
    public void A_registered_adapter_has_the_same_handler()
    {
        var services = new ServiceCollection();
        services.AddVllmAdapter(options => options.Endpoint = new Uri("http://vllm.test"));
        using ServiceProvider provider = services.BuildServiceProvider();

        SocketsHttpHandler sockets = PrimaryOf(provider, "VllmAdapter");
        (sockets.AllowAutoRedirect, sockets.UseCookies, sockets.PooledConnectionIdleTimeout < TimeSpan.FromSeconds(5), sockets.PlaintextStreamFilter is not null)
            .Should().Be((false, false, true, true));
    }

    [Fact]
    public void A_client_of_the_adapters_own_has_no_time_limit_besides_the_adapters() =>
        VllmHttpHandler.NewClient(new TimeLimits()).Timeout.Should().Be(Timeout.InfiniteTimeSpan);

    private static SocketsHttpHandler PrimaryOf(IServiceProvider provider, string client)
    {
        HttpMessageHandler handler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(client);
        while (handler is DelegatingHandler { InnerHandler: { } inner })
            handler = inner;

        return handler.Should().BeOfType<SocketsHttpHandler>().Subject;
    }
}
