using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter.Tests.Agents;

public sealed partial class ToolTests
{
    public enum Unit
    {
        Celsius,
        Fahrenheit,
    }

    public static TheoryData<Delegate, string> Schemas => new()
    {
        { () => "", """{"type":"object","properties":{}}""" },
        { (string city) => city, """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""" },
        { (string? city) => city, """{"type":"object","properties":{"city":{"type":["string","null"]}},"required":["city"]}""" },
        { (int days = 3) => days, """{"type":"object","properties":{"days":{"type":"integer","default":3}}}""" },
        { (double? at = null) => at, """{"type":"object","properties":{"at":{"type":["number","null"]}}}""" },
        { (Unit unit) => unit, """{"type":"object","properties":{"unit":{"type":"string","enum":["Celsius","Fahrenheit"]}},"required":["unit"]}""" },
        {
            (Unit? unit = null) => unit,
            """{"type":"object","properties":{"unit":{"type":["string","null"],"enum":["Celsius","Fahrenheit",null]}}}"""
        },
        {
            ([Description("Such as Paris")] string city) => city,
            """{"type":"object","properties":{"city":{"description":"Such as Paris","type":"string"}},"required":["city"]}"""
        },
        { (string[] names) => names, """{"type":"object","properties":{"names":{"type":"array","items":{"type":"string"}}},"required":["names"]}""" },
        { (JsonElement anything) => "", """{"type":"object","properties":{"anything":{}},"required":["anything"]}""" },
        { (ToolCall call, CancellationToken token) => "", """{"type":"object","properties":{}}""" },
        {
            (Stop stop) => "",
            """
            {"type":"object","properties":{"stop":{"type":"object","properties":{
                "city":{"description":"Where to stop","type":"string"},"nights":{"type":"integer","default":1}},"required":["city"]}},"required":["stop"]}
            """
        },
        {
            (Branch tree) => "",
            """
            {"type":"object","properties":{"tree":{"type":"object","properties":{
                "twigs":{"type":"array","items":{"$ref":"#/properties/tree"}}},"required":["twigs"]}},"required":["tree"]}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Schemas))]
    public void A_delegates_parameters_make_the_schema(Delegate handler, string schema)
    {
        var made = JsonNode.Parse(Tool.From("x", null, handler).Definition.Parameters!.Value.GetRawText());

        JsonNode.DeepEquals(made, JsonNode.Parse(schema)).Should().BeTrue(made!.ToJsonString());
    }

    public static TheoryData<Delegate, string, string> Runs => new()
    {
        { () => "text as it is", "{}", "text as it is" },
        { () => 42, "{}", "42" },
        { (Unit? unit = Unit.Fahrenheit) => unit, "{}", "\"Fahrenheit\"" },
        { () => Task.FromResult(new Stop("Paris", 2)), "{}", """{"city":"Paris","nights":2}""" },
        { () => ValueTask.FromResult<object>(new Stop("Paris")), "{}", """{"city":"Paris","nights":1}""" },
        { () => Task.CompletedTask, "{}", "done" },
        { () => ValueTask.CompletedTask, "{}", "done" },
        { () => { }, "{}", "done" },
        { () => (string?)null, "{}", "null" },
        { (string city, Unit unit = Unit.Celsius) => $"{city} {unit}", """{"city": "Paris"}""", "Paris Celsius" },
        { (string city, Unit unit = Unit.Celsius) => $"{city} {unit}", """{"city": "Paris", "unit": "Fahrenheit"}""", "Paris Fahrenheit" },
        { (Stop stop) => stop.City, """{"stop": {"city": "Paris"}}""", "Paris" },
        { (string? city) => city ?? "nowhere", """{"city": null}""", "nowhere" },
        { (ToolCall call, CancellationToken token) => $"{call.Id} {token.CanBeCanceled}", "{}", "call-1 True" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_delegate_is_run_with_its_arguments(Delegate handler, string arguments, string result)
    {
        using var cancel = new CancellationTokenSource();

        (await Tool.From("x", null, handler).RunAsync(Call(arguments), cancel.Token)).Should().Be(result);
    }

    [Theory]
    [InlineData("{}", "The required argument 'days' is missing.")]
    [InlineData("""{"days": null}""", "The argument 'days' must not be null.")]
    [InlineData("""{"days": "3"}""", """The argument 'days' does not fit: it must be {"type":"integer"}.""")]
    [InlineData("""{"days": 3.5}""", """The argument 'days' does not fit: it must be {"type":"integer"}.""")]
    public async Task Arguments_that_do_not_fit_are_not_run(string arguments, string why)
    {
        bool wasRun = false;
        var tool = Tool.From("x", null, (int days) => wasRun = true);

        await tool.Awaiting(t => t.RunAsync(Call(arguments))).Should().ThrowAsync<JsonException>().WithMessage(why);
        wasRun.Should().BeFalse();
    }

    [Fact]
    public async Task An_argument_that_nests_deep_does_not_keep_the_others_from_the_delegate()
    {
        var tool = Tool.From("x", null, (int days) => days);

        (await tool.RunAsync(Call($"{{\"days\": 3, \"more\": {new string('[', 500)}{new string(']', 500)}}}"))).Should().Be("3");
    }

    [Fact]
    public async Task What_a_delegate_throws_comes_out_as_it_was_thrown()
    {
        var tool = Tool.From("x", null, (int days) => days > 0 ? throw new InvalidOperationException("no") : "");

        await tool.Awaiting(t => t.RunAsync(Call("""{"days": 1}"""))).Should().ThrowAsync<InvalidOperationException>().WithMessage("no");
    }

    [Fact]
    public async Task What_does_not_fit_is_told_in_the_schemas_words_and_not_in_those_of_NET()
    {
        var byDelegate = Tool.From("x", null, (Unit unit) => "");
        var within = Tool.From("x", null, (Stop stop) => "");
        var byType = Tool.From("x", null, ToolJson.Default.Stop, stop => "");

        await byDelegate.Awaiting(t => t.RunAsync(Call("""{"unit": "Kelvin"}"""))).Should().ThrowAsync<JsonException>()
            .WithMessage("""The argument 'unit' does not fit: it must be {"type":"string","enum":["Celsius","Fahrenheit"]}.""");
        await within.Awaiting(t => t.RunAsync(Call("""{"stop": {"city": "Paris", "nights": "two"}}"""))).Should().ThrowAsync<JsonException>()
            .WithMessage("The argument 'stop' does not fit at $.nights: it must be {\"type\":\"object\",*");
        await byType.Awaiting(t => t.RunAsync(Call("""{"city": "Paris", "nights": "two"}"""))).Should().ThrowAsync<JsonException>()
            .WithMessage("The arguments do not fit at $.nights: they must be {\"type\":\"object\",*");
    }

    private static readonly ToolDefinition Trip = new("x")
    {
        Parameters = JsonElement.Parse("""
            {"type":"object","properties":{"day":{"enum":["Friday","Sunday"]},"stops":{"type":"array","items":{"type":"object","properties":{"nights":{"type":"integer"}}}}}}
            """),
    };

    [Theory]
    [InlineData("""{"day": "Fryday"}""", "The arguments do not fit: day is none of the 2 values that are allowed. They must be {*")]
    [InlineData("""{"stops": [{"nights": "two"}]}""", "The arguments do not fit: stops[0].nights must be integer, but is a string. They must be {*")]
    [InlineData("""{"day": "\ud83d"}""", "*half a surrogate pair*")]
    public async Task What_a_schema_forbids_is_refused_before_the_arguments_are_read(string arguments, string why)
    {
        var tool = Tool.Bound(Trip, (_, _) => throw new InvalidOperationException("read"));

        await tool.Awaiting(t => t.RunAsync(Call(arguments))).Should().ThrowAsync<JsonException>().WithMessage(why);
    }

    [Theory]
    [InlineData("""{"day": "friday"}""")]
    [InlineData("""{"day": null, "stops": [{"nights": 3.0}]}""")]
    [InlineData("{}")]
    public async Task What_a_schema_does_not_surely_forbid_is_read_and_run(string arguments)
    {
        var tool = Tool.Bound(Trip, (call, _) => _ => Task.FromResult<IReadOnlyList<ContentPart>>([ContentPart.Text(call.Arguments)]));

        (await tool.RunAsync(Call(arguments))).Should().Be(arguments);
    }

    [Fact]
    public async Task What_a_reader_of_arguments_does_not_take_is_told_to_the_model_and_not_run()
    {
        var tool = Tool.Bound(Trip, (_, _) => throw new JsonException("Sundays are off."));

        LoopPlay play = await LoopPlay.RunAsync(new LoopSetup { Tools = [tool] }, LoopPlay.Calling("x", "{}"), LoopPlay.Answer);

        play.Ran.Should().BeEmpty();
        play.Messages(1).Last().Should().Be("tool: The call was not run. Sundays are off.");
    }

    [Fact]
    public void A_method_gives_its_name_and_description()
    {
        [Description("Adds up.")]
        static Task<int> AddUpAsync(int left, int right) => Task.FromResult(left + right);

        Tool local = Tool.From(AddUpAsync);
        (local.Name, local.Definition.Description).Should().Be(("add_up", "Adds up."));
        (Tool.From(Named).Name, Tool.From(Named).Definition.Description).Should().Be(("named", null));
        FluentActions.Invoking(() => Tool.From(() => 1)).Should().Throw<ArgumentException>().WithMessage("A lambda has no name.*").WithParameterName("handler");
    }

    [Fact]
    public async Task A_type_from_a_source_generated_context_makes_schema_arguments_and_result()
    {
        var tool = Tool.From("stay", "Stays.", ToolJson.Default.Stop, ToolJson.Default.Stop, (stop, _) => Task.FromResult(stop with { Nights = 9 }));

        tool.Definition.Parameters!.Value.GetRawText().Should().Be(
            """{"type":"object","properties":{"city":{"description":"Where to stop","type":"string"},"nights":{"type":"integer","default":1}},"required":["city"]}""");
        (await tool.RunAsync(Call("""{"city": "Paris"}"""))).Should().Be("""{"city":"Paris","nights":9}""");
        await tool.Awaiting(t => t.RunAsync(Call("null"))).Should().ThrowAsync<JsonException>();
    }

    [Fact]
    public void A_type_that_is_no_object_cannot_be_the_arguments() =>
        FluentActions.Invoking(() => Tool.From("x", null, ToolJson.Default.String, text => text)).Should().Throw<ArgumentException>();

    [Fact]
    public void Strictness_is_asked_for_in_definition_and_schema()
    {
        ToolDefinition strict = Tool.From("x", "Does it.", (string city) => city).Strict().Definition;

        strict.Strict.Should().BeTrue();
        strict.Description.Should().Be("Does it.");
        strict.Parameters!.Value.GetRawText().Should().Be(
            """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""");
        new Tool(new ToolDefinition("x"), (_, _) => Task.FromResult("")).Strict().Definition.Parameters!.Value.GetRawText()
            .Should().Be("""{"type":"object","properties":{},"additionalProperties":false}""");
    }

    [Fact]
    public async Task A_tool_without_arguments_needs_nothing_but_its_handler()
    {
        var tool = Tool.From("x", null, () => "4");

        tool.Definition.Parameters!.Value.GetRawText().Should().Be("""{"type":"object","properties":{}}""");
        (await tool.RunAsync(Call("{}"))).Should().Be("4");
    }

    private static int Named(int number) => number;

    private static ToolCall Call(string arguments) => new() { Id = "call-1", Name = "x", Arguments = arguments };

    public sealed record Stop([property: Description("Where to stop")] string City, int Nights = 1);

    public sealed record Branch(IReadOnlyList<Branch> Twigs);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, RespectNullableAnnotations = true)]
    [JsonSerializable(typeof(Stop))]
    [JsonSerializable(typeof(string))]
    private sealed partial class ToolJson : JsonSerializerContext;
}
