namespace VllmAdapter.Tests.Replies;

/// <summary>Code that is given an <see cref="IVllmChat"/> asks with a text as it would ask the adapter.</summary>
public sealed class ChatPromptsTests
{
    [Fact]
    public async Task A_text_is_asked_as_the_users_message_streamed_and_gathered()
    {
        var chat = new Echo();

        (await chat.CompleteChatAsync("Hello")).Text.Should().Be("You said: Hello");
        (await chat.StreamChatAsync("Hello").ToListAsync()).Select(chunk => chunk.Text).Should().ContainInOrder("You said: Hello");
    }

    private sealed class Echo : IVllmChat
    {
        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
            ChatStream.Of(ChatAnswer.Of($"You said: {((UserMessage)request.Messages.Single()).Text}"));
    }
}
