using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>The table of docs/guard.md: an agent with a plain client, without a guard and with one.</summary>
public sealed class GuardStoryTests
{
    private const string Ask =
        """
        {"model":"fake-model","stream":true,"max_tokens":22,"messages":[{"role":"user","content":"Hello."}],"tools":[
          {"type":"function","function":{"name":"save_plan","parameters":{"type":"object","properties":{"title":{"type":"string"}},"required":["title"]}}},
          {"type":"function","function":{"name":"get_random_number","parameters":{"type":"object","properties":{}}}}]}
        """;

    public static TheoryData<string, string, string> Table => new()
    {
        { "no reason", "runs get_random_number({}), reason none", "runs get_random_number({}), reason tool_calls" },
        { "cut call", "runs save_plan({\"title\":\"Trip\"}), reason tool_calls", "raises tool_call_withheld" },
        { "half a call", "answers \"\", reason none", "raises tool_call_withheld" },
        { "cut text", "answers \"Llamas are\", reason none", "answers \"Llamas are\", reason length" },
        { "server killed", "answers \"Llamas are\", reason none", "raises interrupted" },
        { "server silent", "hangs", "raises stalled" },
        { "whole", "answers \"Llamas are camelids.\", reason stop", "answers \"Llamas are camelids.\", reason stop" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task What_an_agent_does_without_a_guard_and_with_one(string what, string without, string with)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Play(what));
        await using RunningGuard guard = await RunningGuard.WithAsync(new() { ["BetweenChunks"] = "00:00:00.200" }, vllm.Endpoint);

        if (without != "hangs")
            Told(await PlainClient.AskAsync(vllm.Endpoint, Ask)).Should().Be(without);

        Told(await PlainClient.AskAsync(guard.Address, Ask)).Should().Be(with);
    }

    [Fact]
    public async Task The_table_of_the_page_is_this_one()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "guard.md"));

        foreach (object[] row in Table)
            page.Should().Contain($"| `{row[1]}` | `{row[2]}` |");
    }

    private static ScriptedReply Play(string what) => what switch
    {
        "no reason" => Script.Calls("get_random_number", "").Uses(20, 12).Done(),
        "cut call" => Script.Calls("save_plan", """{"title": "Trip"}""").Finishes("tool_calls").Uses(20, 22).Done(),
        "half a call" => Script.Calls("save_plan", """{"title": "Tr""").Uses(20, 22).Done(),
        "cut text" => Script.Says("Llamas", " are").Uses(20, 22).Done(),
        "server killed" => Script.Says("Llamas", " are"),
        "server silent" => Script.Says("Llamas", " are").GoesSilent(),
        _ => Script.Says("Llamas are", " camelids.").Finishes("stop").Uses(20, 9).Done(),
    };

    private static string Told(PlainClient client)
    {
        if (client.Error is { } error)
            return $"raises {JsonNode.Parse(error)!["type"]}";

        string reason = $"reason {client.Finish ?? "none"}";
        return client.Ran is [var call] ? $"runs {call.Name}({call.Arguments.ToJsonString()}), {reason}" : $"answers \"{client.Text}\", {reason}";
    }
}
