using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using OpenAI;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests.SideBySide;

/// <summary>
/// The bridge and Microsoft.Extensions.AI.OpenAI over the same recordings, each behind cache, functions, telemetry and log, as a Markdown table.
/// </summary>
internal static class Comparison
{
    // Real time, for servers that keep silent for ever.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private static readonly Line[] Lines =
    [
        new("a tool ran that must not", one => one.HasTools, one => one.RanWhatMustNotRun),
        new("a ready call was not run", one => one.HasReadyCalls, one => one.LeftAReadyCall),
        new("a cut turn without any sign", one => one.IsCut, one => one.HidesItsCut),
        new("a broken reply taken for a whole one", one => one.IsBroken, one => one.EndedWell),
        new("a silent server waited for without end", one => one.IsSilent, one => one.DidNotEnd),
        new("a refusal taken for an answer", one => one.IsRefusal, one => one.EndedWell),
        new("an answer lost by the server taken for an answer", one => one.IsLost, one => one.LooksDone),
        new("a whole answer turned into an exception", one => one.IsWhole, one => !one.EndedWell),
        new("reasoning not shown", one => one.HasReasoning && one.EndedWell, one => !one.ShowsReasoning),
        new("output tokens counted wrong", one => one.HasUsage, one => one.CountsWrong),
        new("a call or its result not in the next request, or changed", one => one.RanATool, one => one.LosesACall),
        new("cached: a broken answer, or a refusal", one => one.IsBroken || one.IsRefusal, one => one.IsCached),
        new("cached: a cut answer that does not say so", one => one.IsCut, one => one.IsCached && one.HidesItsCut),
        new("cached: an answer after a wrong tool run", one => one.HasTools, one => one.IsCached && one.RanWhatMustNotRun),
    ];

    public static Column[] Columns { get; } =
    [
        new("bridge", IsOfStreams: true, IsStreamed: true, Bridge),
        new("Microsoft.Extensions.AI.OpenAI", IsOfStreams: true, IsStreamed: true, Peer),
        new("bridge, whole replies", IsOfStreams: false, IsStreamed: false, Bridge),
        new("Microsoft.Extensions.AI.OpenAI, whole replies", IsOfStreams: false, IsStreamed: false, Peer),
    ];

    /// <summary>The table: each cell says how often it happened, of how many exchanges in which it could.</summary>
    public static async Task<string> TableAsync(IEnumerable<Recording> recordings)
    {
        Recording[] all = [.. recordings.Where(one => one.Kind is not null)];
        var counts = new List<IReadOnlyList<Count>>();
        foreach (Column column in Columns)
            counts.Add(await CountAsync(all.Where(column.Takes), column));

        IEnumerable<string> rows =
        [
            $"| | {string.Join(" | ", Columns.Select(column => column.Title))} |",
            $"|---|{string.Concat(Columns.Select(_ => "---:|"))}",
            $"| exchanges | {string.Join(" | ", Columns.Select(column => Count.Written(all.Count(column.Takes))))} |",
            .. Lines.Select((line, at) => $"| {line.Title} | {string.Join(" | ", counts.Select(column => column[at]))} |"),
        ];
        return string.Join('\n', rows);
    }

    /// <summary>For each line of the table, how often it happened.</summary>
    public static async Task<IReadOnlyList<Count>> CountAsync(IEnumerable<Recording> recordings, Column column)
    {
        var played = new ConcurrentBag<Exchange>();
        await Parallel.ForEachAsync(recordings, async (recording, _) => played.Add(await column.PlayAsync(recording)));
        return [.. Lines.Select(line => line.In(played))];
    }

    private static IChatClient Bridge(FakeVllm vllm, Recording recording)
    {
        VllmAdapterOptions options = recording.NewOptions();
        if (recording.Exchange.Response.SocketEnd == SocketEnd.Timeout)
            (options.TimeLimits.FirstChunk, options.TimeLimits.BetweenChunks) = (Silence, Silence);

        return vllm.CreateAdapter(own =>
        {
            own.Resilience.MaxAttempts = 1;
            own.ContextWindow = options.ContextWindow;
            (own.TimeLimits.FirstChunk, own.TimeLimits.BetweenChunks) = (options.TimeLimits.FirstChunk, options.TimeLimits.BetweenChunks);
        }).AsIChatClient();
    }

    private static IChatClient Peer(FakeVllm vllm, Recording recording) => new OpenAIClient(
        new ApiKeyCredential("none"),
        new OpenAIClientOptions { Endpoint = new Uri(vllm.Endpoint, "v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })
        .GetChatClient("tiny").AsIChatClient();

    private sealed record Line(string Title, Func<Exchange, bool> Concerns, Func<Exchange, bool> Happened)
    {
        public Count In(IEnumerable<Exchange> all)
        {
            Exchange[] concerned = [.. all.Where(Concerns)];
            return new Count(Title, concerned.Count(Happened), concerned.Length);
        }
    }
}
