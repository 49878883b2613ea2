namespace VllmAdapter.Tests.Requests;

public class ChatRequestBodyMessagesTests
{
    public static TheoryData<string, VllmMessage> Messages => new()
    {
        { """{"role": "system", "content": "Be brief."}""", VllmMessage.System("Be brief.") },
        { """{"role": "developer", "content": "Be brief."}""", VllmMessage.Developer("Be brief.") },
        { """{"role": "user", "content": "hi"}""", VllmMessage.User("hi") },
        { """{"role": "user", "content": ""}""", VllmMessage.User("") },
        { """{"role": "user", "content": "hi", "name": "Ann"}""", VllmMessage.User("hi") with { Name = "Ann" } },
        { """{"role": "user", "content": [{"type": "text", "text": "hi"}]}""", VllmMessage.User(ContentPart.Text("hi")) },
        {
            """{"role": "user", "content": [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}]}""",
            VllmMessage.User("what?", ContentPart.Image(new Uri("https://a.b/c.png")))
        },
        {
            """{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AQI=", "detail": "low"}}]}""",
            VllmMessage.User(ContentPart.Image(new byte[] { 1, 2 }, "image/png") with { Detail = "low" })
        },
        {
            """{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AQI=", "format": "wav"}}]}""",
            VllmMessage.User(ContentPart.Audio(new byte[] { 1, 2 }, "wav"))
        },
        {
            """{"role": "user", "content": [{"type": "audio_url", "audio_url": {"url": "https://a.b/c.wav"}}]}""",
            VllmMessage.User(ContentPart.Audio(new Uri("https://a.b/c.wav")))
        },
        {
            """{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://a.b/c.mp4"}}]}""",
            VllmMessage.User(ContentPart.Video(new Uri("https://a.b/c.mp4")))
        },
        {
            """{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AQI="}}]}""",
            VllmMessage.User(ContentPart.Video(new byte[] { 1, 2 }, "video/mp4"))
        },
        {
            """{"role": "user", "content": [{"type": "image_embeds", "image_embeds": "AQI="}]}""",
            VllmMessage.User(ContentPart.Raw(new() { ["type"] = "image_embeds", ["image_embeds"] = "AQI=" }))
        },
        { """{"role": "assistant", "content": "Yes."}""", VllmMessage.Assistant("Yes.") },
        { """{"role": "assistant", "content": ""}""", new AssistantMessage() },
        { """{"role": "assistant", "content": "", "reasoning": "hm"}""", new AssistantMessage { Reasoning = "hm" } },
        {
            """{"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "roll", "arguments": "{\"n\": 2}\n"}}]}""",
            VllmMessage.Assistant(null, new ToolCall("c1", "roll", "{\"n\": 2}\n"))
        },
        {
            """{"role": "assistant", "content": "So:", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "roll", "arguments": "{}"}}]}""",
            VllmMessage.Assistant("So:", new ToolCall("c1", "roll", " "))
        },
        { """{"role": "tool", "tool_call_id": "c1", "content": "7"}""", VllmMessage.Tool("c1", "7") },
        { """{"role": "tool", "tool_call_id": "c1", "content": ""}""", VllmMessage.Tool("c1", "") },
        {
            // agent-framework#1569: as text the same image is 40,000 characters; vLLM 0.32.0 and 0.33.0 take parts here.
            """{"role": "tool", "tool_call_id": "c1", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AQI="}}]}""",
            VllmMessage.Tool("c1", ContentPart.Image(new byte[] { 1, 2 }, "image/png"))
        },
        {
            """{"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "See:"}, {"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}]}""",
            new ToolMessage("c1", "See:") { Parts = [ContentPart.Image(new Uri("https://a.b/c.png"))] }
        },
        {
            """{"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "say", "arguments": "{\"x\": \"\uFFFD\"}"}}]}""",
            VllmMessage.Assistant(null, new ToolCall("c1", "say", """{"x": "\ud83d"}"""))
        },
    };

    [Theory]
    [MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public void A_message_is_written_in_the_form_that_vLLM_reads(string expected, VllmMessage message) =>
        new ChatRequest { Messages = [message] }.Body()["messages"]![0].ShouldBeJson(expected);

    [Theory]
    [InlineData("""{"city": "Par""", "are not JSON")]
    [InlineData("""{"a": 1}{"a": 1}""", "are not JSON")]
    [InlineData("""["Paris"]""", "are a JSON Array, not an object")]
    [InlineData("\"{}\"", "are a JSON String, not an object")]
    [InlineData("null", "are a JSON Null, not an object")]
    public void A_damaged_call_in_the_history_is_refused_by_place_and_id(string arguments, string problem)
    {
        VllmMessage[] history = [VllmMessage.User("hi"), VllmMessage.Assistant(null, new ToolCall("c7", "get_weather", arguments))];

        new ChatRequest { Messages = history }.Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage($"Messages[1]*'c7' (get_weather) {problem}*Leave the call*");
    }

    [Fact]
    public void A_user_message_that_says_nothing_is_refused() =>
        new ChatRequest { Messages = [VllmMessage.User()] }.Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage("Messages[0] says nothing*");

    [Fact]
    public void A_missing_message_is_refused() =>
        new ChatRequest { Messages = [VllmMessage.User("hi"), null!] }.Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage("Messages[1] is null*");

    [Fact]
    public void A_missing_part_is_refused() =>
        new ChatRequest { Messages = [VllmMessage.User("hi", [null!])] }.Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage("A part of a message is null*");
}
