using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Requests;

public sealed class ToolsCheckTests
{
    private static readonly ChatRequest Twins = ChatRequest.FromPrompt("Hello.") with { Tools = [new("look", "Left."), new("listen"), new("look", "Right.")] };

    [Fact]
    public async Task Two_tools_of_one_name_are_refused_before_anything_is_sent()
    {
        using FakeVllm vllm = FakeVllm.InMemory();

        (await vllm.CreateAdapter().Awaiting(a => a.CompleteChatAsync(Twins)).Should().ThrowAsync<ArgumentException>().WithParameterName("request"))
            .Which.Message.Should().StartWith("Two tools are called 'look', and their calls could not be told apart. Give each a name of its own; SendUnchecked");

        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public void Tools_that_came_by_Extra_count_too()
    {
        JsonObject extra = new() { ["tools"] = JsonNode.Parse("""[{"function":{"name":"a"}},{"function":{"name":"a"}},{"function":7},null,{}]""") };

        ChatRequest.FromPrompt("Hello.").Invoking(request => (request with { Extra = extra }).Body()).Should().Throw<ArgumentException>().WithMessage("Two tools are called 'a'*");
    }

    [Fact]
    public void Unchecked_they_are_sent() => (Twins with { SendUnchecked = true }).Body()["tools"]!.AsArray().Should().HaveCount(3);
}
