using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

namespace VllmAdapter.Tool.Guard;

/// <summary>Settings of a guard: the section <c>Guard</c> (<see cref="GuardOptions"/>) and the proxy's own, <c>ReverseProxy</c>.</summary>
internal static class GuardSettings
{
    public const string Section = "Guard";
    public const string ProxySection = "ReverseProxy";

    /// <summary>Settings that send every route to the given back ends.</summary>
    public static Dictionary<string, string?> Of(IReadOnlyList<Uri> backEnds)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [$"{ProxySection}:Routes:all:ClusterId"] = "vllm",
            [$"{ProxySection}:Routes:all:Match:Path"] = "{**path}",
            [$"{ProxySection}:Clusters:vllm:LoadBalancingPolicy"] = "LeastRequests",
            [$"{ProxySection}:Clusters:vllm:HealthCheck:AvailableDestinationsPolicy"] = "HealthyOrPanic",
            [$"{ProxySection}:Clusters:vllm:HealthCheck:Passive:Enabled"] = "true",
            [$"{ProxySection}:Clusters:vllm:HealthCheck:Passive:Policy"] = "TransportFailureRate",
            [$"{ProxySection}:Clusters:vllm:HealthCheck:Passive:ReactivationPeriod"] = "00:00:10",
        };
        for (int i = 0; i < backEnds.Count; i++)
            settings[$"{ProxySection}:Clusters:vllm:Destinations:{i}:Address"] = backEnds[i].AbsoluteUri;

        return settings;
    }

    /// <exception cref="ToolException">The section cannot be used; the message says why.</exception>
    public static GuardOptions OptionsOf(IConfiguration configuration)
    {
        try
        {
            GuardOptions options = configuration.GetSection(Section).Get<GuardOptions>(static binder => binder.ErrorOnUnknownConfiguration = true) ?? new();
            return options.Fault is { } fault ? throw new ToolException(fault) : options;
        }
        catch (InvalidOperationException unusable)
        {
            throw new ToolException($"The section {Section} cannot be used: {unusable.GetBaseException().Message}", innerException: unusable);
        }
    }

    /// <summary>Checks all of it, without using any of it.</summary>
    /// <exception cref="ToolException">It cannot be used; the message says why.</exception>
    public static void Check(IConfiguration configuration)
    {
        OptionsOf(configuration);
        IConfigurationSection proxy = configuration.GetSection(ProxySection);
        if (!proxy.GetSection("Routes").GetChildren().Any() || !proxy.GetSection("Clusters").GetChildren().Any())
            throw new ToolException("There is no back end. Name one with --to, such as --to http://localhost:8000, or describe Routes and Clusters in the section ReverseProxy of a settings file.");

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddReverseProxy().LoadFromConfig(proxy);
        using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            List<Exception> faults = [];
            var validator = provider.GetRequiredService<IConfigValidator>();
            foreach (IProxyConfigProvider source in provider.GetServices<IProxyConfigProvider>())
            {
                IProxyConfig config = source.GetConfig();
                foreach (RouteConfig route in config.Routes)
                    faults.AddRange(validator.ValidateRouteAsync(route).AsTask().GetAwaiter().GetResult());

                foreach (ClusterConfig cluster in config.Clusters)
                    faults.AddRange(validator.ValidateClusterAsync(cluster).AsTask().GetAwaiter().GetResult());

                string[] missing = [.. config.Routes.Select(route => route.ClusterId).OfType<string>().Except(config.Clusters.Select(cluster => cluster.ClusterId), StringComparer.OrdinalIgnoreCase)];
                if (missing.Length > 0)
                    throw new ToolException($"A route names the cluster \"{missing[0]}\", which is not among the Clusters.");

                if (config.Clusters.SelectMany(cluster => cluster.Destinations?.Values ?? []).FirstOrDefault(one => !IsAddress(one.Address)) is { } wrong)
                    throw new ToolException($"\"{wrong.Address}\" is no address of a back end. Give one such as http://localhost:8000.");
            }

            if (faults.Count > 0)
                throw new ToolException($"The section {ProxySection} cannot be used: {string.Join(' ', faults.Select(fault => fault.Message))}");
        }
        catch (Exception unusable) when (unusable is not ToolException)
        {
            throw new ToolException($"The section {ProxySection} cannot be used: {unusable.GetBaseException().Message}", innerException: unusable);
        }
    }

    private static bool IsAddress(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
