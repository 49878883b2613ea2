using System.Text.Json.Nodes;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>
/// What was recorded of real servers, gateways and proxies shows, version by version and parser by parser, its faults by name, and no other
/// (recorded-findings.txt).
/// </summary>
public sealed class RecordedFindingTests
{
    private const string ChatPath = "/v1/chat/completions";
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Recordings");

    [Fact]
    public async Task Every_recording_shows_its_faults_and_no_other()
    {
        List<string> found = [];
        int judged = 0;
        foreach (string file in Directory.EnumerateFiles(Root, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(Root, file).Replace('\\', '/')[..^".json".Length];
            RecordedExchange exchange = RecordedExchange.Load(file);
            bool isOdd = name.StartsWith("vllm-", StringComparison.Ordinal) && name.Split('/')[1] is "refusals" or "images";
            if (isOdd || exchange.Expect?["kind"] is null || exchange.Request.Path != ChatPath || RequestOf(exchange) is not { } request)
                continue;

            judged++;
            if (FindingTable.Line(name, await IdsOfAsync(exchange, request)) is { } line)
                found.Add(line);
        }

        judged.Should().BeGreaterThan(500);
        found.Should().Equal(FindingTable.Read("recorded-findings.txt"));
    }

    private static async Task<IEnumerable<string>> IdsOfAsync(RecordedExchange exchange, ChatRequest request)
    {
        using FakeVllm server = FakeVllm.Replay(exchange);
        VllmInferenceAdapter adapter = server.CreateAdapter(options =>
        {
            // What was recorded comes at once: whoever is silent then stays so.
            CheckOptions.Apply(options, key: null);
            if (exchange.Response.SocketEnd == SocketEnd.Timeout)
                options.TimeLimits.FirstChunk = options.TimeLimits.BetweenChunks = options.TimeLimits.Headers = TimeSpan.FromMilliseconds(300);
        });
        try
        {
            return EndFindings.Of(request, await adapter.CompleteChatAsync(AsItWas(exchange, request))).Select(found => found.Kind.Id);
        }
        catch (VllmRequestException refused)
        {
            return RefusalFindings.Of(refused) is { } kind ? [kind.Id] : [];
        }
    }

    /// <summary>The request; null if there is none, or if it had to be refused.</summary>
    private static ChatRequest? RequestOf(RecordedExchange exchange)
    {
        if (exchange.Request.Body is not JsonObject body || exchange.Expect?["kind"]?.GetValue<string>() == "request-refused")
            return null;

        bool counts = body["stream_options"]?["include_usage"]?.GetValue<bool>() is true;
        return ChatRequest.Parse(body.ToJsonString()) with
        {
            Stream = body["stream"]?.GetValue<bool>() is true,
            UsageReporting = counts || body["stream"] is null ? null : UsageReporting.None,
        };
    }

    // Field by field, also what the typed request would not send.
    private static ChatRequest AsItWas(RecordedExchange exchange, ChatRequest request) => new()
    {
        Messages = [],
        Extra = exchange.Request.Body!.AsObject(),
        Stream = request.Stream,
        SendUnchecked = true,
    };
}
