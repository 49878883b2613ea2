using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>A tool of the adapter under the middleware of Microsoft.Extensions.AI.</summary>
public sealed class ToolFunctionTests
{
    private static readonly Tool Forecast = Tool.From("forecast", "Weather to come.", (DayOfWeek day, int hours = 24) => $"{day}, {hours} h: sunny");

    [Fact]
    public async Task It_is_declared_as_the_tool_is()
    {
        using var play = new BridgePlay(Answer);

        JsonElement Declared(string body) => JsonElement.Parse(body);
        string asFunction = (await play.BodyOfAsync(new() { Tools = [Forecast.Strict().AsAIFunction(), Tool.From("now", null, () => "1").AsAIFunction()] }))["tools"]!.ToJsonString();
        string asTool = (await play.BodyOfAsync(new()
        {
            RawRepresentationFactory = _ => new ChatRequest { Messages = [], Tools = [Forecast.Strict().Definition, Tool.From("now", null, () => "1").Definition] },
        }))["tools"]!.ToJsonString();

        JsonElement.DeepEquals(Declared(asFunction), Declared(asTool)).Should().BeTrue(asFunction);
    }

    [Fact]
    public async Task It_is_run_and_its_result_goes_back()
    {
        using var play = new BridgePlay(Calling("forecast", """{"day":"Friday","hours":3.0}"""), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("And Friday?", new ChatOptions { Tools = [Forecast.AsAIFunction()] });

        play.Messages(1).Last().Should().Be("tool: Friday, 3 h: sunny");
    }

    // Of an exception the middleware tells the model only that there was one.
    [Fact]
    public async Task What_does_not_fit_is_told_to_the_model_in_words()
    {
        using var play = new BridgePlay(Calling("forecast", """{"day":"Fryday"}"""), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("And Friday?", new ChatOptions { Tools = [Forecast.AsAIFunction()] });

        play.Messages(1).Last().Should().StartWith("tool: The call was not run. The argument 'day' does not fit: it must be {").And.Contain("Friday");
    }

    [Fact]
    public async Task What_the_handler_throws_is_thrown()
    {
        Tool failing = Tool.From("fail", null, string () => throw new JsonException("not about the arguments"));

        await failing.AsAIFunction().Awaiting(function => function.InvokeAsync().AsTask()).Should().ThrowAsync<JsonException>();
    }

    [Fact]
    public async Task Parts_that_it_shows_go_back_as_they_are()
    {
        ContentPart[] parts =
        [
            ContentPart.Text("See:"), ContentPart.Image(new byte[] { 1, 2 }, "image/png"), ContentPart.Image(new Uri("https://x.test/a.png")),
            ContentPart.Audio(new byte[] { 3 }, "wav"), ContentPart.Audio(new Uri("https://x.test/a.wav")), ContentPart.Video(new Uri("https://x.test/a.mp4")),
        ];
        Tool look = Tool.From("look", null, () => parts);
        using var play = new BridgePlay(Calling("look", "{}"), Answer);
        using var loop = new Invoking(play.Chat);

        await loop.RunAsync("Look.", new ChatOptions { Tools = [look.AsAIFunction()] });

        play.Bodies[1]["messages"]!.AsArray()[^1]!["content"]!.AsArray().Select(part => part!["type"]!.GetValue<string>())
            .Should().Equal("text", "image_url", "image_url", "input_audio", "audio_url", "video_url");
        var shown = (AIContent[])(await look.AsAIFunction().InvokeAsync())!;
        shown.Select(content => content.GetType().Name).Should().Equal("TextContent", "DataContent", "UriContent", "DataContent", "UriContent", "UriContent");
    }

    [Fact]
    public async Task Services_of_its_handler_are_those_of_the_middleware()
    {
        Tool ask = Tool.From("ask", null, (IServiceProvider services) => services.GetRequiredService<string>());
        await using ServiceProvider services = new ServiceCollection().AddSingleton("from services").BuildServiceProvider();
        using var play = new BridgePlay(Calling("ask", "{}"), Answer);
        using var middleware = new FunctionInvokingChatClient(play.Chat, functionInvocationServices: services);

        await middleware.GetResponseAsync("Ask.", new ChatOptions { Tools = [ask.AsAIFunction()] });

        play.Messages(1).Last().Should().Be("tool: from services");
    }

    [Fact]
    public void It_is_still_the_tool()
    {
        Forecast.AsAIFunction().GetService<Tool>().Should().BeSameAs(Forecast);
        FluentActions.Invoking(() => ((Tool)null!).AsAIFunction()).Should().Throw<ArgumentNullException>();
    }
}
