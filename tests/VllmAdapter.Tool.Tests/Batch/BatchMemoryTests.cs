using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Tool.Batch;
using Xunit.Abstractions;

namespace VllmAdapter.Tool.Tests.Batch;

/// <summary>What a batch holds in memory does not grow with its file.</summary>
[Collection(nameof(Undisturbed))]
public sealed class BatchMemoryTests(ITestOutputHelper output) : IDisposable
{
    private const int Requests = 10_000;
    private const long MostGrowth = 2L * 1024 * 1024;

    private static readonly string Long = new('x', 2_000);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("batch");

    private string Input => Path.Combine(_folder.FullName, "in.jsonl");

    private string Output => Path.Combine(_folder.FullName, "out.jsonl");

    [Fact]
    public async Task Live_memory_after_10000_requests_is_that_after_1000()
    {
        await using WebApplication server = await ServeAsync();
        await WriteAsync();
        SortedDictionary<long, long> alive = [];
        var run = new BatchRun(new BatchOptions { Input = Input, Output = Output, Server = AddressOf(server) }, output.WriteLine)
        {
            Progressed = (done, _, _) =>
            {
                if (done is 1_000 or Requests / 2 or Requests)
                    alive[done] = GC.GetTotalMemory(forceFullCollection: true);
            },
        };

        BatchSummary summary = await run.RunAsync(CancellationToken.None);

        output.WriteLine($"file {new FileInfo(Input).Length:N0} B, results {new FileInfo(Output).Length:N0} B, alive {string.Join(", ", alive)}");
        summary.Code.Should().Be(ExitCode.Ok);
        new FileInfo(Input).Length.Should().BeGreaterThan(10 * MostGrowth);
        new FileInfo(Output).Length.Should().BeGreaterThan(10 * MostGrowth);
        alive.Keys.Should().Equal(1_000, Requests / 2, Requests);
        (alive[Requests / 2] - alive[1_000]).Should().BeLessThan(MostGrowth);
        (alive[Requests] - alive[1_000]).Should().BeLessThan(MostGrowth);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // It remembers nothing, as a fake server would.
    private static async Task<WebApplication> ServeAsync()
    {
        byte[] reply = Encoding.UTF8.GetBytes(
            $$$"""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{Long}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":500,"total_tokens":510}}""");
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.StatusCode = HttpMethods.IsPost(context.Request.Method) ? 200 : 404;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(reply);
        });
        await app.StartAsync();
        return app;
    }

    private static Uri AddressOf(WebApplication server) =>
        new(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private async Task WriteAsync()
    {
        await using StreamWriter file = new(Input);
        for (int i = 0; i < Requests; i++)
            await file.WriteLineAsync($$$"""{"custom_id":"q{{{i}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"{{{Long}}}"}]}}""");
    }
}
