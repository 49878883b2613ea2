using System.Globalization;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;
using Xunit.Abstractions;

namespace VllmAdapter.Tests.Agents;

/// <summary>
/// Long runs against a server that breaks a tenth of its streams in every known way: two of them, with the environment variable
/// VLLMADAPTER_FULL_SWEEP=1 five.
/// </summary>
[Trait("Sweep", "full")]
public sealed class LoopEnduranceTests(ITestOutputHelper output)
{
    private const int Steps = 200;
    private const int Poison = -1;
    private const string WithoutSentinel = "no sentinel, no room shown";

    // What a careless client would run: every one of these shows a call whose number must never reach the tool.
    private static readonly (string Name, Func<int, ScriptedReply> Script)[] WaysToBreak =
    [
        ("cut after a whole call", _ => Poisoned().Cuts()),
        ("reset inside a call", _ => Script.Calls("add", "{\"number\": -").Resets()),
        ("error event and sentinel after a whole call", _ => Poisoned().Fails().Done()),
        ("error event without sentinel", _ => Poisoned().Fails()),
        ("abort", _ => Poisoned().Finishes("abort").Uses(50, 9).Done()),
        ("bytes that are no events", _ => Poisoned().Event("<html>")),
        ("declared cut of whole JSON", _ => Poisoned().Finishes("length").Uses(50, 100).Done()),
        ("hidden cut of whole JSON", _ => Poisoned().Finishes("tool_calls").Uses(50, 100).Done()),
        ("hidden cut without a reason", _ => Poisoned().Uses(50, 100).Done()),
        ("open JSON", _ => Script.Calls("add", "{\"number\": -1").Finishes("tool_calls").Uses(50, 9).Done()),
        ("open JSON and the end of the body", _ => Script.Calls("add", "{\"number\": -1")),
        ("arguments twice", _ => Script.Calls("add", "{\"number\": -1}{\"number\": -1}").Finishes("tool_calls").Uses(50, 9).Done()),
        ("lost arguments", _ => Script.Calls("add").Finishes("tool_calls").Uses(50, 9).Done()),
        (WithoutSentinel, _ => Poisoned().Finishes("tool_calls")),
        ("undeclared tool", _ => Script.Calls("subtract", "{\"number\": -1}").Finishes("tool_calls").Uses(50, 9).Done()),
        ("missing argument", _ => Script.Calls("add", "{}").Finishes("tool_calls").Uses(50, 9).Done()),
        ("argument of the wrong type", _ => Script.Calls("add", "{\"number\": \"-1\"}").Finishes("tool_calls").Uses(50, 9).Done()),
        ("name missing", _ => Script.CallDelta(0, "a", name: null, arguments: "{\"number\": -1}").Finishes("tool_calls").Uses(50, 9).Done()),
        ("counted, nothing delivered", _ => Script.Empty.Finishes("stop").Uses(50, 26).Done()),
        ("announced, nothing came", _ => Script.Says("I call.").Finishes("tool_calls").Uses(50, 9).Done()),
        ("nothing at all", _ => Script.Empty),
        ("silence after a whole call", _ => Poisoned().GoesSilent()),
        ("overloaded", _ => Script.Refuses(503, "The server is overloaded.")),
        ("missing reason, whole call", number => Calls(number).Uses(50, 9).Done()),
        ("missing usage, whole call", number => Calls(number).Finishes("tool_calls").Done()),
        ("reason, then a cut after usage", number => Calls(number).Finishes("tool_calls").Uses(50, 9).Cuts()),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, Sweep.IsFull ? 5 : 2)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_run_of_200_turns_ends_right_or_says_how_and_can_always_be_taken_up_again(int seed)
    {
        var clock = new ManualTimeProvider();
        var random = new Random(seed);
        List<string> broken = [];
        bool isSilent = false;
        Task time = Task.CompletedTask;
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { TimeProvider = clock }, request =>
        {
            int before = broken.Count;
            ScriptedReply reply = Next(request, random, broken);
            Volatile.Write(ref isSilent, broken.Count > before && broken[^1].StartsWith("silence", StringComparison.Ordinal));
            if (isSilent)
                time = LetTimePassAsync(clock, () => Volatile.Read(ref isSilent));

            return reply;
        });
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Resilience = new() { MaxAttempts = 1 } }, clock);
        List<int> ran = [];
        var add = Tool.From("add", "Adds a number to the sum.", (int number) =>
        {
            ran.Add(number);
            return $"{number}";
        });
        var loop = new ToolLoop(adapter, [add], new ToolLoopOptions { MaxTurns = 2 * Steps });
        var request = new ChatRequest { Messages = [VllmMessage.User("Add the numbers.")], MaxTokens = 100 };
        var budget = new TokenBudget(1_000_000);

        List<ToolLoopVerdict> ends = [];
        ToolLoopResult result;
        do
        {
            result = await RunAsync(loop, request, budget);
            ends.Add(result.Verdict);
            request = result.Request;
        }
        while (result.Verdict == ToolLoopVerdict.Incomplete && ends.Count < 100);
        await time;

        output.WriteLine($"{ends.Count} runs, {vllm.Requests.Count} requests, broken: {string.Join(", ", broken.CountBy(name => name))}");
        ran.Should().Equal(Enumerable.Range(1, Steps), "every number is added once, in order, and nothing else ever");
        result.Verdict.Should().Be(ToolLoopVerdict.Answered);
        result.Text.Should().Be($"The sum is {Steps * (Steps + 1) / 2}.");
        broken.Count.Should().BeGreaterThan(Steps / 20);
        ends.SkipLast(1).Should().OnlyContain(verdict => verdict == ToolLoopVerdict.Incomplete);
    }

    [Fact]
    public async Task Every_way_to_break_a_turn_leaves_the_tool_alone_unless_its_call_is_whole()
    {
        foreach ((string name, Func<int, ScriptedReply> script) in WaysToBreak.Where(way => way.Name is not ("silence after a whole call" or "overloaded")))
        {
            var add = Tool.From("add", "Adds a number.", (int number) => $"{number}");
            var setup = new LoopSetup { Tools = [add], Options = new() { MaxRepeats = 0, MaxCorrections = 0, MaxTurns = 1 }, Adapter = new() { ContextWindow = 2048 } };

            LoopPlay play = await LoopPlay.RunAsync(setup, script(7));

            string[] expected = name.EndsWith("whole call", StringComparison.Ordinal) && name.StartsWith("missing", StringComparison.Ordinal)
                || name.StartsWith("reason", StringComparison.Ordinal) ? ["""add {"number": 7}"""] : [];
            play.Ran.Should().Equal(expected, name);
        }
    }

    private static async Task<ToolLoopResult> RunAsync(ToolLoop loop, ChatRequest request, TokenBudget budget)
    {
        while (true)
        {
            try
            {
                return await loop.CompleteAsync(request, budget);
            }
            catch (VllmRequestException)
            {
                // The first request of a run: nothing is lost, ask again.
            }
        }
    }

    // The model is a pure function of the history: it adds the next number, and in the end it says the sum of the results.
    private static ScriptedReply Next(ReceivedRequest request, Random random, List<string> broken)
    {
        JsonNode body = request.Json!;
        int[] results = [.. body["messages"]!.AsArray().Where(message => message!["role"]!.GetValue<string>() == "tool").Select(ResultOf).OfType<int>()];
        ScriptedReply sound = results.Length < Steps
            ? Calls(results.Length + 1).Finishes("tool_calls").Uses(50, 9).Done()
            : Script.Says("The sum ", $"is {results.Sum()}.").Finishes("stop").Uses(50, 9).Done();
        (string name, Func<int, ScriptedReply> script) = WaysToBreak[random.Next(WaysToBreak.Length)];

        // A whole reply has no sentinel to miss.
        bool isSound = random.Next(10) > 0 || (name == WithoutSentinel && body["stream"]?.GetValue<bool>() is not true);
        if (results.Length == Steps || isSound)
            return sound;

        broken.Add(name);
        return script(results.Length + 1);
    }

    // Answers to calls with problems are words, not numbers.
    private static int? ResultOf(JsonNode? message) =>
        int.TryParse(message!["content"]!.GetValue<string>().Split('\n')[0], CultureInfo.InvariantCulture, out int number) ? number : null;

    private static ScriptedReply Calls(int number) => Script.Calls("add", "{\"num", $"ber\": {number}}}");

    private static ScriptedReply Poisoned() => Calls(Poison);

    private static Task LetTimePassAsync(ManualTimeProvider clock, Func<bool> isSilent) => Task.Run(async () =>
    {
        while (isSilent())
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    });
}
