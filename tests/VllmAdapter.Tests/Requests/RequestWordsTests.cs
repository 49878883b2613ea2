using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

/// <summary>Records print themselves into logs and debuggers: they must not print what anybody wrote.</summary>
public sealed class RequestWordsTests
{
    private const string Secret = "my diagnosis";

    public static TheoryData<object, string> Words => new()
    {
        { ChatRequest.FromPrompt(Secret), "Chat request: 1 message of 12 characters" },
        {
            new ChatRequest
            {
                Messages = [VllmMessage.System(Secret), VllmMessage.User(Secret, ContentPart.Text(Secret))],
                Model = "granite",
                MaxTokens = 512,
                ChoiceCount = 2,
                Stream = false,
                Tools = [new(Secret)],
                Headers = new() { Session = Secret },
                Extra = new() { ["a"] = Secret },
            },
            "Chat request: 2 messages of 36 characters, 1 tool, model granite, at most 512 tokens, 2 choices, 1 extra field, not streamed"
        },
        { new ChatRequest { Messages = [], Extra = new() { ["messages"] = Secret } }, "Chat request: 0 messages of 0 characters, 1 extra field" },
        { VllmMessage.System(Secret), "System message: 12 characters" },
        { VllmMessage.Developer(Secret), "Developer message: 12 characters" },
        { VllmMessage.User(Secret), "User message: 12 characters" },
        { VllmMessage.User(ContentPart.Text(Secret)) with { Name = Secret }, "User message: 12 characters, 1 part" },
        {
            new AssistantMessage { Text = Secret, Reasoning = Secret, ToolCalls = [new("c1", "roll", Secret)] },
            "Assistant message: 36 characters, 1 tool call"
        },
        { VllmMessage.Tool("c1", Secret), "Tool result of c1: 12 characters" },
        { VllmMessage.Tool("c1", ContentPart.Text(Secret)), "Tool result of c1: 12 characters, 1 part" },
        { new ToolCall("c1", "roll", Secret), "Call of roll (c1)" },
        { new ToolCall { Id = "c1", Name = "roll", Arguments = Secret, Problems = [Secret] }, "Call of roll (c1)" },
        { new WithheldToolCall { Name = "roll", RawArguments = Secret, Reason = WithheldReason.ArgumentsOpen }, "The call of roll was withheld: its arguments end in the middle of their JSON." },
        { new CallFinished { Call = new ToolCall { Id = "c1", Name = "roll", Arguments = Secret }, Content = Secret, WasRun = true }, "Call of roll (c1): run" },
        { ContentPart.Text(Secret), "Text part: 12 characters" },
        { ContentPart.Image(new Uri("https://a.test/?q=my+diagnosis")), "Image part: URL of 30 characters" },
        { ContentPart.Audio(new byte[3], "wav"), "Audio part: wav, 4 characters of base64" },
        { ContentPart.Audio(new Uri("https://a.test/x")), "Audio part: URL of 16 characters" },
        { ContentPart.Video(new Uri("https://a.test/x")), "Video part: URL of 16 characters" },
        { ContentPart.Raw(new JsonObject { ["type"] = Secret }), "Raw part" },
    };

    [Theory]
    [MemberData(nameof(Words), DisableDiscoveryEnumeration = true)]
    public void A_record_says_kinds_counts_and_lengths(object record, string words) => record.ToString().Should().Be(words);
}
