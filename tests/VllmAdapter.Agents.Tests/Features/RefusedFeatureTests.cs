using System.Text;
using Microsoft.Extensions.AI;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Features;

/// <summary>What vLLM has no place for: it is refused in words, before anything is sent, and never left out in silence.</summary>
public sealed class RefusedFeatureTests
{
    public static TheoryData<string, string> Rows => new()
    {
        { "a PDF", "application/pdf" },
        { "a hosted file", "file-1" },
        { "a PDF from a tool", "application/pdf" },
        { "a picture in a system message", "image/png" },
        { "a role of one's own", "narrator" },
        { "ConversationId", "conversation-1" },
        { "ContinuationToken", "ContinuationToken" },
        { "hosted web search", "web_search" },
        { "hosted code interpreter", "code_interpreter" },
        { "hosted file search", "file_search" },
        { "hosted MCP server", "mcp" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task It_is_refused_by_name_and_nothing_is_sent(string feature, string name)
    {
        using var play = new ScriptedChat(Answers);

        (await play.Client.Awaiting(chat => chat.GetResponseAsync(Messages(feature), Options(feature))).Should().ThrowAsync<NotSupportedException>())
            .Which.Message.Should().Contain(name);
        play.Requests.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Streamed_too(string feature, string name)
    {
        using var play = new ScriptedChat(Answers);

        (await play.Client.Awaiting(chat => chat.GetStreamingResponseAsync(Messages(feature), Options(feature)).ToChatResponseAsync())
            .Should().ThrowAsync<NotSupportedException>()).Which.Message.Should().Contain(name);
        play.Requests.Should().BeEmpty();
    }

    private static ChatMessage[] Messages(string feature) => feature switch
    {
        "a PDF" => [new(ChatRole.User, [new TextContent("Read this."), Pdf])],
        "a hosted file" => [new(ChatRole.User, [new HostedFileContent("file-1")])],
        "a PDF from a tool" =>
        [
            new(ChatRole.User, "Read it."),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "read", new Dictionary<string, object?>())]),
            new(ChatRole.Tool, [new FunctionResultContent("1", Pdf)]),
        ],
        "a picture in a system message" => [new(ChatRole.System, [new DataContent(new byte[] { 1 }, "image/png")]), new(ChatRole.User, "Look.")],
        "a role of one's own" => [new(new ChatRole("narrator"), "Once upon a time.")],
        _ => [new(ChatRole.User, "Hello.")],
    };

    private static DataContent Pdf => new(Encoding.ASCII.GetBytes("%PDF-1.7"), "application/pdf");

    private static ChatOptions Options(string feature) => feature switch
    {
        "ConversationId" => new() { ConversationId = "conversation-1" },
        "ContinuationToken" => new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) },
        "hosted web search" => new() { Tools = [new HostedWebSearchTool()] },
        "hosted code interpreter" => new() { Tools = [new HostedCodeInterpreterTool()] },
        "hosted file search" => new() { Tools = [new HostedFileSearchTool()] },
        "hosted MCP server" => new() { Tools = [new HostedMcpServerTool("llamas", "https://example.org/mcp")] },
        _ => new(),
    };
}
