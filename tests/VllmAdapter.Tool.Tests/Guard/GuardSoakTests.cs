using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Every known way to end an answer, many times and by turns through one guard, with clients of which some hang up: nothing is left of them.</summary>
[Collection(nameof(Undisturbed))]
public sealed partial class GuardSoakTests
{
    private const int Rounds = 2;
    private const long MostBytesLeft = 8L * 1024 * 1024;

    [Fact]
    public async Task Nothing_is_left_of_several_hundred_exchanges_whose_servers_fail_and_whose_clients_hang_up()
    {
        Soaked[] all = [.. Scenarios.All.Where(one => one.Transports.HasFlag(ScenarioTransports.Http1)).Select(one => new Soaked(one, ""))];
        for (int i = 0; i < all.Length; i++)
            all[i] = all[i] with { Body = await GuardScenarioTests.BodyOfAsync(all[i].Scenario) };

        // The servers remember what they were asked; so each has its own half, and is gone before memory is counted.
        Stack<ScenarioServer> servers = new([await ScenarioServer.StartAsync(), await ScenarioServer.StartAsync()]);
        await using RunningGuard guard = await GuardOfAsync(servers);
        using var clients = Connections.TakenAt(guard.Address.Port);
        using var exchanges = new Exchanges();

        // The first half pays for what is made once, and with more clients at once for what .NET keeps in its pools.
        int asked = await RunAsync(guard, all, atOnce: 32, servers.Pop(), clients, before: 0);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        asked = await RunAsync(guard, all, atOnce: 16, servers.Pop(), clients, asked);

        guard.Metrics.Open.Should().Be(0);
        exchanges.CountAlive().Should().Be(0, "nothing holds an exchange that is over");
        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(MostBytesLeft);
        exchanges.Count.Should().BeGreaterThan(all.Length).And.BeLessThanOrEqualTo(asked);
        Counted(guard).Values.Sum().Should().Be(exchanges.Count, "each is counted once, by how it ended");
        Counted(guard).GetValueOrDefault("failures").Should().Be(0);
    }

    // Each server is behind the port in its path.
    private static Task<RunningGuard> GuardOfAsync(IEnumerable<ScenarioServer> servers)
    {
        Dictionary<string, string?> settings = new()
        {
            ["MaxAttempts"] = "2",
            ["FirstChunk"] = "00:00:00.300",
            ["BetweenChunks"] = "00:00:00.300",
            ["Total"] = "00:00:02",
        };
        foreach (ScenarioServer server in servers)
        {
            string port = $"{server.Endpoint.Port}";
            settings[$"ReverseProxy:Routes:{port}:ClusterId"] = port;
            settings[$"ReverseProxy:Routes:{port}:Match:Path"] = $"/{port}/{{**rest}}";
            settings[$"ReverseProxy:Routes:{port}:Transforms:0:PathRemovePrefix"] = $"/{port}";
            settings[$"ReverseProxy:Clusters:{port}:Destinations:0:Address"] = server.Endpoint.AbsoluteUri;
        }

        return RunningGuard.WithAsync(settings, new Uri("http://127.0.0.1:1"));
    }

    private static async Task<int> RunAsync(RunningGuard guard, Soaked[] all, int atOnce, ScenarioServer server, Connections clients, int before)
    {
        var dice = new Random(before);
        Soaked[] order = [.. Enumerable.Repeat(all, Rounds).SelectMany(static round => round)];
        dice.Shuffle(order);
        (Soaked One, int? LeavesAfter)[] plan = [.. order.Select(one => (one, dice.Next(4) == 0 ? dice.Next(1_200) - 200 : (int?)null))];
        using var upstream = Connections.InUseTo(server.Endpoint.Port);
        await Parallel.ForEachAsync(plan, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (one, _) =>
        {
            string path = $"{server.Endpoint.Port}/scenarios/{one.One.Scenario.Id}/v1/chat/completions";
            if (one.LeavesAfter is { } bytes)
                await HangUpAsync(guard.Address, path, one.One.Body, Math.Max(0, bytes));
            else
                Check(one.One.Scenario, await PlainClient.AskAsync(guard.Address, one.One.Body, path));
        });
        await clients.WhenOverAsync(before + plan.Length);
        await upstream.WhenOverAsync();
        await server.DisposeAsync();
        return before + plan.Length;
    }

    // Here a wait may be over too early; what is no answer must not be taken for one all the same.
    private static void Check(Scenario scenario, PlainClient client)
    {
        client.Ran.Where(call => !scenario.Expected.ReadyCalls.Any(ready => ready.Name == call.Name && JsonNode.DeepEquals(JsonNode.Parse(ready.Arguments), call.Arguments)))
            .Should().BeEmpty(scenario.Name);
        if (scenario.Expected.Verdict is StreamVerdict.Interrupted or StreamVerdict.ServerError)
            client.Error.Should().NotBeNull(scenario.Name);
    }

    private static async Task HangUpAsync(Uri guard, string path, string body, int afterBytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(guard.Host, guard.Port);
        NetworkStream stream = client.GetStream();
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        string head = $"POST /{path} HTTP/1.1\r\nHost: guard\r\nTE: trailers\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. bytes]);
        byte[] read = new byte[256];
        try
        {
            for (int left = afterBytes; left > 0 && await stream.ReadAsync(read.AsMemory(0, Math.Min(left, read.Length))) is > 0 and var count;)
                left -= count;
        }
        catch (IOException)
        {
            // The guard broke off first.
        }
    }

    private static Dictionary<string, long> Counted(RunningGuard guard) =>
        Counts().Matches(guard.Metrics.ToString()).GroupBy(static line => line.Groups["what"].Value)
            .ToDictionary(static one => one.Key, static one => one.Sum(static line => long.Parse(line.Groups["count"].Value, CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"^vllm_adapter_guard_(?<what>answers|refusals|hangups|failures)_total(\{[^}]*\})? (?<count>\d+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Counts();

    private sealed record Soaked(Scenario Scenario, string Body);
}
