using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Frameworks;

/// <summary>Semantic Kernel with automatic functions on the bridge.</summary>
public sealed class KernelTests
{
    private static readonly PromptExecutionSettings Automatic = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

    [Fact]
    public async Task Functions_of_a_plugin_run_once_and_the_answer_tells_how_it_ended()
    {
        using var play = new ScriptedChat(Script.Model.Calls("sky_get_weather", """{"city":"Paris"}"""), Answers);
        (Kernel kernel, IChatCompletionService chat) = KernelOf(play);

        ChatMessageContent answer = await chat.GetChatMessageContentAsync("Paris?", Automatic, kernel);

        answer.Content.Should().Be("It is sunny.");
        OutcomeOf(answer.InnerContent).Verdict.Should().Be(StreamVerdict.Completed);
        play.Messages(1).Should().Equal("user: Paris?", """assistant: sky_get_weather {"city":"Paris"}""", "tool: Sunny in Paris.");
    }

    [Fact]
    public async Task Streamed_too()
    {
        using var play = new ScriptedChat(Script.Model.Calls("sky_get_weather", """{"city":"Paris"}"""), Answers);
        (Kernel kernel, IChatCompletionService chat) = KernelOf(play);

        List<StreamingChatMessageContent> pieces = await chat.GetStreamingChatMessageContentsAsync("Paris?", Automatic, kernel).ToListAsync();

        string.Concat(pieces.Select(piece => piece.Content)).Should().Be("It is sunny.");
        OutcomeOf(pieces[^1].InnerContent).Verdict.Should().Be(StreamVerdict.Completed);
        play.Messages(1).Last().Should().Be("tool: Sunny in Paris.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_broke_throws_and_runs_nothing(bool isStreamed)
    {
        using var play = new ScriptedChat(Script.Calls("sky_get_weather", """{"city":"Paris"}""").Cuts());
        (Kernel kernel, IChatCompletionService chat) = KernelOf(play);

        Func<Task> ask = async () => _ = isStreamed
            ? (object)await chat.GetStreamingChatMessageContentsAsync("Paris?", Automatic, kernel).ToListAsync()
            : await chat.GetChatMessageContentAsync("Paris?", Automatic, kernel);

        await ask.Should().ThrowAsync<IncompleteStreamException>();
        play.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task An_answer_that_was_cut_says_so_in_its_outcome()
    {
        using var play = new ScriptedChat(CutsItsAnswer);
        (Kernel kernel, IChatCompletionService chat) = KernelOf(play);

        ChatMessageContent answer = await chat.GetChatMessageContentAsync("Paris?", Automatic, kernel);

        OutcomeOf(answer.InnerContent).Verdict.Should().Be(StreamVerdict.LengthLimited);
    }

    // Semantic Kernel shows no finish reason of any client: what came is in InnerContent.
    private static StreamOutcome OutcomeOf(object? inner) => inner switch
    {
        ChatAnswer answer => answer.Outcome,
        ChatChunk chunk => chunk.Outcome!,
        _ => throw new InvalidOperationException($"The outcome is not to be found in {inner?.GetType().Name ?? "null"}."),
    };

    private static (Kernel Kernel, IChatCompletionService Chat) KernelOf(ScriptedChat play)
    {
        var kernel = new Kernel();
        kernel.ImportPluginFromType<Sky>("sky");
        return (kernel, play.Client.AsBuilder().UseKernelFunctionInvocation().Build().AsChatCompletionService());
    }

    private sealed class Sky
    {
        [KernelFunction("get_weather"), Description("Weather of a city.")]
        public static string GetWeather(string city) => $"Sunny in {city}.";
    }
}
