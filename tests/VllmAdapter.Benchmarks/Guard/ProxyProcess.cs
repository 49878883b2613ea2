using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Benchmarks.Guard;

/// <summary>A proxy in a process of its own, that tells what it has cost so far.</summary>
internal sealed class ProxyProcess(Process process, Uri address) : IDisposable
{
    public Uri Address(int chunks, int every) => new(address, $"{chunks}/{every}/");

    /// <param name="kind"><c>guard</c>, or <c>yarp</c> alone.</param>
    /// <param name="backEnd">Where it sends.</param>
    public static async Task<ProxyProcess> StartAsync(string kind, Uri backEnd)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(ProxyProcess).Assembly.Location, "proxy", kind, backEnd.AbsoluteUri])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        return new ProxyProcess(process, new Uri((await process.StandardOutput.ReadLineAsync())!));
    }

    /// <summary>What it has cost: processor time, bytes allocated, bytes that are alive, and methods compiled.</summary>
    public async Task<(TimeSpan Cpu, long Allocated, long Alive, int Compiled)> CostAsync(bool collects = false)
    {
        await process.StandardInput.WriteLineAsync(collects ? "alive" : "cost");
        string[] told = (await process.StandardOutput.ReadLineAsync())!.Split(' ');
        return (TimeSpan.FromTicks(Number(told[0])), Number(told[1]), Number(told[2]), (int)Number(told[3]));
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Is the proxy, until the standard input is closed.</summary>
    public static async Task RunAsync(string kind, Uri backEnd)
    {
        Dictionary<string, string?> settings = GuardSettings.Of([backEnd]);
        Uri address = kind == "guard" ? await StartGuardAsync(settings) : await StartYarpAsync(settings);
        Console.WriteLine(address.AbsoluteUri);
        while (await Console.In.ReadLineAsync() is { } asked)
        {
            long alive = asked == "alive" ? GC.GetTotalMemory(forceFullCollection: true) : 0;
            Console.WriteLine(FormattableString.Invariant($"{Environment.CpuUsage.TotalTime.Ticks} {GC.GetTotalAllocatedBytes(precise: true)} {alive} {JitInfo.GetCompiledMethodCount()}"));
        }
    }

    private static async Task<Uri> StartGuardAsync(Dictionary<string, string?> settings) =>
        (await GuardServer.StartAsync([new Uri("http://127.0.0.1:0")], [new MemoryConfigurationSource { InitialData = settings }])).Addresses[0];

    private static async Task<Uri> StartYarpAsync(Dictionary<string, string?> settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection(GuardSettings.ProxySection));
        WebApplication app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
