using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Agents;

/// <summary>What a handler is given beside the model's arguments, and what no model can give it.</summary>
public sealed class ToolServicesTests
{
    public static TheoryData<Delegate, string> Unfillable => new()
    {
        { (Stream file) => "", "*System.IO.Stream cannot be read from JSON*" },
        { (MemoryStream file) => "", "*MemoryStream cannot be read from JSON*dispose*" },
        { (HttpClient client) => "", "*HttpClient cannot be read from JSON*dispose*" },
        { (Action then) => "", "*Action cannot be read from JSON*" },
        { (IClock clock) => "", "*IClock cannot be read from JSON*abstract*FromKeyedServices*captured by a lambda*" },
        { (TimeProvider clock) => "", "*TimeProvider cannot be read from JSON*abstract*" },
        { (Ticker ticker) => "", "*Ticker cannot be read from JSON*no property that could be set*" },
        { (Watch watch) => "", "*Watch cannot be read from JSON*constructor takes 'clock'*" },
        { (Task<string> later) => "", "*Task*cannot be read from JSON*" },
        { (IAsyncEnumerable<int> numbers) => "", "*IAsyncEnumerable*cannot be read from JSON*Use a list*" },
        { (Holder holder) => "", "*Stream cannot be read from JSON*" },
        { (Waiter waiter) => "", "*cannot be read from JSON*" },
    };

    [Theory]
    [MemberData(nameof(Unfillable))]
    public void What_JSON_cannot_fill_is_refused_when_the_tool_is_made(Delegate handler, string why) =>
        FluentActions.Invoking(() => Tool.From("x", null, handler)).Should().Throw<ArgumentException>().WithMessage(why);

    [Fact]
    public void Services_are_not_shown_to_the_model()
    {
        var tool = Tool.From("x", null, (IServiceProvider services, [FromKeyedServices("utc")] IClock clock, [FromServices] IClock plain, string city) => city);

        tool.Definition.Parameters!.Value.GetRawText().Should().Be("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""");
    }

    [Fact]
    public async Task Services_come_from_the_options_of_the_loop()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddKeyedSingleton<IClock>("utc", new Clock("utc")).AddSingleton<IClock>(new Clock("local")).BuildServiceProvider();
        var tool = Tool.From("tell", "Tells.", (string city, IServiceProvider all, [FromKeyedServices("utc")] IClock clock, [FromServices] IClock plain) =>
            $"{city} {clock.Zone} {plain.Zone} {all.GetRequiredService<IClock>().Zone}");

        LoopPlay play = await RunAsync(tool, services);

        play.Messages(1).Last().Should().Be("tool: Rome utc local local");
    }

    [Fact]
    public async Task Each_call_has_a_scope_of_its_own_that_ends_with_its_handler()
    {
        List<Scoped> made = [];
        await using ServiceProvider services = new ServiceCollection().AddScoped<Scoped>().BuildServiceProvider(validateScopes: true);
        var tool = Tool.From("tell", "Tells.", (string city, [FromServices] Scoped scoped, IServiceProvider own) =>
        {
            made.Add(scoped);
            return $"{scoped.IsDisposed} {ReferenceEquals(own.GetService<Scoped>(), scoped)}";
        });

        LoopPlay play = await RunAsync(tool, services, LoopPlay.Calling("tell", """{"city": "Rome"}"""));

        play.Messages(2).Last().Should().Be("tool: False True");
        made.Should().HaveCount(2).And.OnlyHaveUniqueItems().And.OnlyContain(scoped => scoped.IsDisposed);
    }

    [Fact]
    public async Task A_service_that_is_not_registered_may_be_done_without_if_the_handler_says_so()
    {
        await using ServiceProvider none = new ServiceCollection().BuildServiceProvider();
        var tool = Tool.From("tell", "Tells.", (string city, [FromServices] IClock? clock) => $"{city} {clock is null}");
        var picky = Tool.From("tell", "Tells.", (string city, [FromServices] IClock clock) => city);

        (await RunAsync(tool, none)).Messages(1).Last().Should().Be("tool: Rome True");
        (await RunAsync(picky, none)).Result.Calls.Single().Failure.Should().BeOfType<InvalidOperationException>()
            .Which.Message.Should().Contain("IClock").And.Contain("'clock'");
    }

    [Fact]
    public async Task A_loop_without_services_does_not_take_a_tool_that_needs_them()
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        var tool = Tool.From("tell", "Tells.", (IServiceProvider services) => "");

        FluentActions.Invoking(() => new ToolLoop(vllm.CreateAdapter(), [tool.Strict()])).Should().Throw<ArgumentException>()
            .WithMessage("The parameter 'services' of the tool 'tell' comes from services. Set ToolLoopOptions.Services.*").WithParameterName("options");
        await tool.Awaiting(t => t.RunAsync(new ToolCall("1", "tell", "{}"))).Should().ThrowAsync<InvalidOperationException>();
    }

    [Theory]
    [InlineData("GetWeatherAsync", "get_weather")]
    [InlineData("Async", "async")]
    [InlineData("get_time", "get_time")]
    [InlineData("SaveHTTPPage", "save_http_page")]
    public void A_method_gives_its_name_in_snake_case(string method, string name)
    {
        Func<string> handler = GetType().GetMethod(method, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .CreateDelegate<Func<string>>();

        Tool.From(handler).Name.Should().Be(name);
    }

    private static Task<LoopPlay> RunAsync(Tool tool, IServiceProvider services, params ScriptedReply[] between) => LoopPlay.RunAsync(
        new LoopSetup { Tools = [tool], Options = new() { Services = services } },
        [LoopPlay.Calling("tell", """{"city": "Rome"}"""), .. between, LoopPlay.Answer]);

#pragma warning disable IDE1006, IDE0051 // Names as users have them; found by reflection.
    private static string GetWeatherAsync() => "";

    private static string Async() => "";

    private static string get_time() => "";

    private static string SaveHTTPPage() => "";
#pragma warning restore IDE1006, IDE0051

    public interface IClock
    {
        string Zone { get; }
    }

    public sealed class Clock(string zone) : IClock
    {
        public string Zone => zone;
    }

    public sealed class Watch(IClock clock)
    {
        public string? Owner { get; set; }

        public override string ToString() => clock.Zone;
    }

    public sealed class Ticker
    {
        private int _ticks;

        public int Ticks => _ticks++;
    }

    public sealed record Holder(Stream Content);

    public sealed record Waiter(string City, CancellationToken Token);

    public sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
