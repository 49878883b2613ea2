using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>
/// Every known way to end an answer, through a guard, to a client that believes what it sees. All of them over HTTP/2, and all whole answers
/// byte for byte, are a full sweep.
/// </summary>
public sealed partial class GuardScenarioTests
{
    public static TheoryData<string> OverHttp1 => [.. Scenarios.All.Where(one => one.Transports.HasFlag(ScenarioTransports.Http1)).Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(OverHttp1))]
    public async Task A_client_that_believes_what_it_sees_never_takes_a_cut_for_an_answer_nor_runs_a_call_that_must_not_run(string name)
    {
        Scenario scenario = Scenarios.All.Single(one => one.Name == name);
        await using FakeVllm vllm = await scenario.StartServerAsync();
        await using RunningGuard guard = await RunningGuard.WithAsync(OptionsOf(scenario), vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(guard.Address, await BodyOfAsync(scenario));

        Check(client, scenario.Expected);
    }

    public static TheoryData<string> OverHttp2 => [.. Sweep.Of(Scenarios.All.Where(one => one.Transports.HasFlag(ScenarioTransports.Http1)), every: 6).Select(one => one.Name)];

    [Theory]
    [Trait("Sweep", "full")]
    [MemberData(nameof(OverHttp2))]
    public async Task A_client_of_http2_is_told_as_much(string name)
    {
        Scenario scenario = Scenarios.All.Single(one => one.Name == name);
        await using FakeVllm vllm = await scenario.StartServerAsync();
        await using RunningGuard guard = await RunningGuard.WithAsync(OptionsOf(scenario), vllm.Endpoint);

        PlainClient client = await PlainClient.AskAsync(
            new UriBuilder(guard.Http2Address) { Scheme = "http" }.Uri, await BodyOfAsync(scenario), version: HttpVersion.Version20);

        Check(client, scenario.Expected);
    }

    // Without a guard a client would wait for the end of a body that has none.
    public static TheoryData<string> WholeAnswers =>
    [
        .. Sweep.Of(Scenarios.All.Where(one => one.Name != "stop, then silence" && one.Transports.HasFlag(ScenarioTransports.Http1) && EndsAsAnAnswer(one.Expected) && one.Expected.Verdict != StreamVerdict.LengthLimited), every: 3)
            .Select(one => one.Name),
    ];

    [Theory]
    [Trait("Sweep", "full")]
    [MemberData(nameof(WholeAnswers))]
    public async Task A_whole_answer_arrives_byte_for_byte_but_for_the_reason_that_was_missing(string name)
    {
        Scenario scenario = Scenarios.All.Single(one => one.Name == name);
        await using FakeVllm vllm = await scenario.StartServerAsync();
        await using FakeVllm same = await scenario.StartServerAsync();
        await using RunningGuard guard = await RunningGuard.WithAsync(OptionsOf(scenario), vllm.Endpoint);
        string body = await BodyOfAsync(scenario);

        PlainClient guarded = await PlainClient.AskAsync(guard.Address, body);
        IEnumerable<string> sent = await SentByAsync(same, body);

        guarded.Events.Where(data => !IsWritten(data)).Select(WithoutField).Should().Equal(sent.Where(data => !IsUsageAlone(data)).Select(WithoutField));
    }

    private static void Check(PlainClient client, ExpectedEnd expected)
    {
        client.Ran.Where(call => !expected.ReadyCalls.Any(ready => ready.Name == call.Name && JsonNode.DeepEquals(JsonNode.Parse(ready.Arguments), call.Arguments)))
            .Should().BeEmpty();
        if (!EndsAsAnAnswer(expected))
        {
            client.Error.Should().NotBeNull();
            client.Ran.Should().BeEmpty();
            return;
        }

        client.Error.Should().BeNull();
        if (client.IsPuzzled)
            return;

        if (expected.Verdict == StreamVerdict.LengthLimited && expected.ChoiceVerdicts is [] or [StreamVerdict.LengthLimited, ..])
            client.Finish.Should().Be("length");
        else
            client.Finish.Should().NotBeNull();

        if (expected.Text is { } text)
            client.Text.Should().Be(text);
    }

    private static bool EndsAsAnAnswer(ExpectedEnd expected) =>
        expected.Verdict is StreamVerdict.Completed or StreamVerdict.Unconfirmed or StreamVerdict.LengthLimited or StreamVerdict.StoppedByServer
        && expected.Withheld.Count == 0 && !expected.Notes.Contains(OutcomeNoteKind.OutputMissing);

    internal static Dictionary<string, string?> OptionsOf(Scenario scenario)
    {
        var options = new VllmAdapterOptions();
        scenario.Configure(options);
        TimeSpan first = options.TimeLimits.Headers < options.TimeLimits.FirstChunk ? options.TimeLimits.Headers : options.TimeLimits.FirstChunk;
        return new()
        {
            ["MaxAttempts"] = "1",
            ["FirstChunk"] = first.ToString(),
            ["BetweenChunks"] = options.TimeLimits.BetweenChunks.ToString(),
            ["MaxEventBytes"] = options.MaxEventBytes.ToString(CultureInfo.InvariantCulture),
            ["MaxReplyBytes"] = options.MaxReplyBytes.ToString(CultureInfo.InvariantCulture),
            ["Total"] = options.TimeLimits.Total?.ToString(),
        };
    }

    /// <summary>The body of a client that asks for no usage, which the guard then has to ask for.</summary>
    internal static async Task<string> BodyOfAsync(Scenario scenario)
    {
        await using FakeVllm vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, Script.Says("Hello.").Finishes("stop").Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter();
        await adapter.CompleteChatAsync(scenario.Request with { UsageReporting = UsageReporting.None, OnIncompleteStream = IncompleteStreamBehavior.Report });
        return vllm.Requests[0].Body;
    }

    private static async Task<IEnumerable<string>> SentByAsync(FakeVllm vllm, string body)
    {
        JsonObject asking = JsonNode.Parse(body)!.AsObject();
        if (asking["stream"]?.GetValue<bool>() is true)
            asking["stream_options"] = new JsonObject { ["include_usage"] = true };

        return (await PlainClient.AskAsync(vllm.Endpoint, asking.ToJsonString())).Events;
    }

    private static bool IsWritten(string data) => data.Contains("\"delta\":{},\"finish_reason\":", StringComparison.Ordinal) && data.Contains("\"certainty\":\"inferred\"", StringComparison.Ordinal);

    private static bool IsUsageAlone(string data) => data.Contains("\"choices\":[],\"usage\":{", StringComparison.Ordinal);

    private static string WithoutField(string data) => Created().Replace(Field().Replace(data, "}"), "\"created\":0");

    [GeneratedRegex(""","vllm_adapter":\{"verdict":"\w+","certainty":"\w+","explanation":(?:"[^"\\]*(?:\\.[^"\\]*)*")\}\}$""", RegexOptions.Multiline)]
    private static partial Regex Field();

    [GeneratedRegex("\"created\": ?[0-9]+")]
    private static partial Regex Created();
}
