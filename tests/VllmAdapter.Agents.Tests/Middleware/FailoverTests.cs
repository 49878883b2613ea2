using Microsoft.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary><see cref="OrderedFailoverChatClient"/> over two servers: it may go to the next one as long as nothing was shown.</summary>
public sealed class FailoverTests
{
    public static TheoryData<string, bool, bool> Rows
    {
        get
        {
            var rows = new TheoryData<string, bool, bool>();
            foreach (string failure in Failures.Keys)
            {
                rows.Add(failure, true, failure != "text, then cut");
                rows.Add(failure, false, true);
            }

            return rows;
        }
    }

    private static Dictionary<string, ScriptedReply> Failures { get; } = new(StringComparer.Ordinal)
    {
        ["refused"] = Script.Refuses(503, "The server is busy."),
        ["error as the first event of a 200"] = Script.Empty.WithoutRole().Fails().Done(),
        ["role, then cut"] = Script.Empty.Cuts(),
        ["role, then an error"] = Script.Empty.Fails().Done(),
        ["half a call, then cut"] = Script.Calls("get_weather", """{"city":"Par""").Cuts(),
        ["whole call, then an error"] = Script.Calls("get_weather", """{"city":"Paris"}""").Fails().Done(),
        ["nothing at all"] = Script.Empty.WithoutRole(),
        ["text, then cut"] = Script.Says("It is ").Cuts(),
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_server_that_showed_nothing_is_passed_over(string failure, bool isStreamed, bool isPassedOver)
    {
        using var broken = new ScriptedChat(Failures[failure]);
        using var well = new ScriptedChat(Answers);
        using var chat = new OrderedFailoverChatClient([broken.Client, well.Client]);
        ChatOptions options = new() { Tools = [Weather] };

        Func<Task<ChatResponse>> ask = () => chat.AskAsync(isStreamed, "Paris?", options);

        if (isPassedOver)
            (await ask()).Text.Should().Be("It is sunny.");
        else
            await ask.Should().ThrowAsync<IncompleteStreamException>("what was shown cannot be taken back");
        well.Requests.Should().HaveCount(isPassedOver ? 1 : 0);
    }
}
