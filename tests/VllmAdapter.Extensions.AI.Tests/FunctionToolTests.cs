using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>A function as a tool of the adapter's own loop.</summary>
public sealed class FunctionToolTests
{
    public sealed record Stop(string City, int Nights);

    private static readonly AIFunction Plan = AIFunctionFactory.Create(
        (DayOfWeek day, Stop[]? stops = null) => $"{day}, {stops?.Length ?? 0} stops", "plan", serializerOptions: new(AIJsonUtilities.DefaultOptions)
        {
            Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
        });

    [Theory]
    [InlineData("""{"day":"Fryday"}""", "day is none of the 7 values that are allowed")]
    [InlineData("""{"day":"Friday","stops":[{"city":"Paris","nights":"two"}]}""", "stops[0].nights must be integer, but is a string")]
    [InlineData("""{"day":"Friday","stops":[{"city":"Paris"}]}""", "stops[0].nights is missing")]
    public async Task What_does_not_fit_is_told_to_the_model_and_not_run(string arguments, string why)
    {
        using var play = new BridgePlay(Calling("plan", arguments), Answer);

        ToolLoopResult result = await RunAsync(play, Plan);

        result.Calls.Should().ContainSingle().Which.WasRun.Should().BeFalse();
        play.Messages(1).Last().Should().StartWith($"tool: The call was not run. The arguments do not fit: {why}. They must be {{").And.Contain("Friday");
    }

    [Theory]
    [InlineData("""{"day":"friday"}""", "Friday, 0 stops")]
    [InlineData("""{"day":"Friday","stops":[{"city":"Paris","nights":2.0}]}""", "Friday, 1 stops")]
    public async Task What_fits_is_run(string arguments, string result)
    {
        using var play = new BridgePlay(Calling("plan", arguments), Answer);

        (await RunAsync(play, Plan)).Calls.Should().ContainSingle().Which.Content.Should().Be(result);
    }

    [Fact]
    public async Task Services_come_from_the_loop_in_a_scope_of_their_own()
    {
        AIFunction count = AIFunctionFactory.Create((IServiceProvider services) => services.GetRequiredService<Counter>().Next(), "count");
        await using ServiceProvider services = new ServiceCollection().AddScoped<Counter>().BuildServiceProvider();
        using var play = new BridgePlay(Calling("count", "{}"), Calling("count", "{}"), Answer);

        ToolLoopResult result = await RunAsync(play, count, new ToolLoopOptions { Services = services });

        result.Calls.Select(call => call.Content).Should().Equal("1", "1");
    }

    private static Task<ToolLoopResult> RunAsync(BridgePlay play, AIFunction function, ToolLoopOptions? options = null) =>
        new ToolLoop(play.Adapter, [function.AsTool()], options).CompleteAsync(ChatRequest.FromPrompt("Go.") with { MaxTokens = 100 });

    private sealed class Counter
    {
        private int _count;

        public int Next() => ++_count;
    }
}
