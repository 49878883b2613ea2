using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>
/// What a server sends in bulk costs in proportion to its size: one reply must not take a core away. Always played in a small size, for its end;
/// with the environment variable VLLMADAPTER_FULL_SWEEP=1 in two large ones, whose cost is compared (processor time of a process that does nothing else).
/// </summary>
[Trait("Sweep", "full")]
[Collection(nameof(Undisturbed))]
public sealed class HostileSizeTests
{
    private const int Small = 1_000;
    private const int Large = 10_000;
    private const int Larger = 60_000;
    private const double MostGrowthForEach = 2.5;

    private static readonly TimeSpan BelowNoise = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BeyondNoise = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Func<int, string>> Bodies = new(StringComparer.Ordinal)
    {
        ["choices in one event"] = size => Event($"{{\"choices\":[{Each(size, i => $"{{\"index\":{i},\"delta\":{{\"content\":\"a\"}}}}")}]}}"),
        ["choices in one event, backwards"] = size => Event($"{{\"choices\":[{Each(size, i => $"{{\"index\":{size - i},\"delta\":{{}}}}")}]}}"),
        ["choices, one an event"] = size => Events(size, i => $"{{\"choices\":[{{\"index\":{i},\"delta\":{{\"content\":\"a\"}}}}]}}"),
        ["calls in one event"] = size => Event($"{{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{Each(size, Call)}]}}}}]}}"),
        ["calls, one an event"] = size => Events(size, i => $"{{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{Call(i)}]}}}}]}}"),
        ["calls without an index"] = size => Event($"{{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{Each(size, UnnumberedCall)}]}}}}]}}"),
        ["finish reasons"] = size => Events(size, i => $"{{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"r{i}\"}}]}}"),
        ["response ids"] = size => Events(size, i => $"{{\"id\":\"c{i}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"a\"}}}}]}}"),
        ["unknown fields in one event"] = size => Event($"{{{Each(size, i => $"\"f{i}\":{{}}")},\"choices\":[]}}"),
        ["content in parts"] = size => Event($"{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":[{Each(size, _ => "{\"type\":\"text\",\"text\":\"a\"}")}]}}}}]}}"),
        ["log probabilities in one event"] = size => Event($"{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"a\"}},\"logprobs\":{{\"content\":[{Each(size, Logprob)}]}}}}]}}"),
        ["comments"] = size => string.Concat(Enumerable.Repeat(": ping\n\n", size)),
        ["lines of one event"] = size => string.Concat(Enumerable.Repeat("data:\n", size)) + "\n",
        ["lines of an unframed error"] = size => $"{{\"error\":\n{new string('\n', size)}\"x\"}}\n",
        ["sentinels"] = size => Event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}") + string.Concat(Enumerable.Repeat("data: [DONE]\n\n", size)),
    };

    public static TheoryData<string> Names => [.. Bodies.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_comes_in_bulk_ends_typed_and_costs_in_proportion(string name)
    {
        await CostAsync(name, Small);
        if (!Sweep.IsFull)
            return;

        TimeSpan large = await CostAsync(name, Large);
        TimeSpan larger = await CostAsync(name, Larger);

        double growth = larger / large / (Larger / (double)Large);
        if (larger > BelowNoise)
            growth.Should().BeLessThan(MostGrowthForEach, $"{Large:N0} cost {large.TotalMilliseconds:N0} ms, and {Larger:N0} {larger.TotalMilliseconds:N0} ms");
    }

    // The least of several runs, unless one is too long to be repeated: what else the machine does only adds to it.
    private static async Task<TimeSpan> CostAsync(string name, int size)
    {
        byte[] body = Encoding.UTF8.GetBytes(Bodies[name](size));
        TimeSpan least = TimeSpan.MaxValue;
        for (int run = 0; run < 3 && (run == 0 || least < BeyondNoise); run++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            Played played = await Played.RunAsync(new CannedServer { Pieces = [body] }, ChatRequest.FromPrompt("Hello."));
            TimeSpan cost = Environment.CpuUsage.TotalTime - before;

            (played.Failure is null or IncompleteStreamException or VllmRequestException).Should().BeTrue();
            least = cost < least ? cost : least;
        }

        return least;
    }

    private static string Each(int size, Func<int, string> item) => string.Join(',', Enumerable.Range(0, size).Select(item));

    private static string Event(string json) => $"data: {json}\n\n";

    private static string Events(int size, Func<int, string> json) => string.Concat(Enumerable.Range(0, size).Select(i => Event(json(i))));

    private static string Call(int index) => $"{{\"index\":{index},\"id\":\"c{index}\",\"function\":{{\"name\":\"f\",\"arguments\":\"{{}}\"}}}}";

    private static string UnnumberedCall(int index) => $"{{\"id\":\"c{index}\",\"function\":{{\"name\":\"f\",\"arguments\":\"{{}}\"}}}}";

    private static string Logprob(int index) => $"{{\"token\":\"t{index}\",\"logprob\":-1.5,\"bytes\":[97],\"top_logprobs\":[]}}";
}
