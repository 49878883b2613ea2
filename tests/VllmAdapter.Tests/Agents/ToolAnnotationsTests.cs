using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter.Tests.Agents;

/// <summary>What data annotations say is told to the model, and held against what it writes.</summary>
public sealed partial class ToolAnnotationsTests
{
    public static TheoryData<Delegate, string> Schemas => new()
    {
        { ([Range(1, 14)] int days) => "", """{"type":"integer","minimum":1,"maximum":14}""" },
        { ([Range(0.5, 1)] double share) => "", """{"type":"number","minimum":0.5,"maximum":1}""" },
        { ([Range(0, 1, MinimumIsExclusive = true, MaximumIsExclusive = true)] double share) => "", """{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}""" },
        { ([Range(1, int.MaxValue)] int count) => "", """{"type":"integer","minimum":1}""" },
        { ([Range(typeof(decimal), "0.01", "99.99")] decimal price) => "", """{"type":"number","minimum":0.01,"maximum":99.99}""" },
        { ([StringLength(10, MinimumLength = 2)] string name) => "", """{"type":"string","minLength":2,"maxLength":10}""" },
        { ([MinLength(1), MaxLength(3)] string[] names) => "", """{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3}""" },
        { ([Length(2, 3)] string code) => "", """{"type":"string","minLength":2,"maxLength":3}""" },
        { ([RegularExpression("[A-Z]{3}")] string code) => "", """{"type":"string","pattern":"^(?:[A-Z]{3})$"}""" },
        { ([RegularExpression("^[A-Z]{3}$")] string code) => "", """{"type":"string","pattern":"^[A-Z]{3}$"}""" },
        { ([AllowedValues("rail", "road")] string way) => "", """{"type":"string","enum":["rail","road"]}""" },
        { ([AllowedValues(1, 2)] int level) => "", """{"type":"integer","enum":[1,2]}""" },
        { ([AllowedValues(DayOfWeek.Monday)] DayOfWeek day) => "", """{"type":"string","enum":["Monday"]}""" },
        { ([EmailAddress] string to) => "", """{"type":"string","format":"email"}""" },
        { ([Url] string page) => "", """{"type":"string","format":"uri"}""" },
        { ([Required] string? name) => "", """{"type":"string","minLength":1}""" },
        { ([Description("Nights."), Range(1, 9)] int nights) => "", """{"description":"Nights.","type":"integer","minimum":1,"maximum":9}""" },
        { ([Range(typeof(DateOnly), "2026-01-01", "2026-12-31")] DateOnly day) => "", """{"type":"string","format":"date"}""" },
    };

    public static TheoryData<Delegate, string, string> Broken => new()
    {
        { ([Range(1, 14)] int days) => "", "0", "The argument 'x' must be at least 1." },
        { ([Range(1, 14)] int days) => "", "15", "The argument 'x' must be at most 14." },
        { ([Range(0, 1, MinimumIsExclusive = true)] double share) => "", "0", "The argument 'x' must be more than 0." },
        { ([Range(0, 1, MaximumIsExclusive = true)] double share) => "", "1", "The argument 'x' must be less than 1." },
        { ([StringLength(3, MinimumLength = 2)] string name) => "", "\"a\"", "The argument 'x' must have at least 2 characters." },
        { ([StringLength(3)] string name) => "", "\"abcd\"", "The argument 'x' must have at most 3 characters." },
        { ([MinLength(1)] string[] names) => "", "[]", "The argument 'x' must have at least 1 item." },
        { ([RegularExpression("[A-Z]{3}")] string code) => "", "\"ABCD\"", "The argument 'x' must match the pattern ^(?:[A-Z]{3})$." },
        { ([AllowedValues("rail", "road")] string way) => "", "\"sea\"", """The argument 'x' must be one of ["rail","road"].""" },
        { ([EmailAddress] string to) => "", "\"nobody\"", "The argument 'x' must be an e-mail address." },
        { ([Required] string? name) => "", "null", "The argument 'x' must not be null." },
        { ([Required] string? name = null) => "", "none", "The required argument 'x' is missing." },
    };

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Annotations_of_a_parameter_are_told_to_the_model(Delegate handler, string schema)
    {
        JsonNode parameters = JsonNode.Parse(Tool.From("x", null, handler).Definition.Parameters!.Value.GetRawText())!;

        JsonNode.DeepEquals(parameters["properties"]!.AsObject().Single().Value, JsonNode.Parse(schema)).Should().BeTrue(parameters.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task An_argument_that_breaks_an_annotation_is_the_models_mistake(Delegate handler, string value, string told)
    {
        var tool = Tool.From("x", null, handler);
        string name = handler.Method.GetParameters().Single().Name!;
        string arguments = value == "none" ? "{}" : $$"""{"{{name}}": {{value}}}""";

        await tool.Awaiting(t => t.RunAsync(Call(arguments))).Should().ThrowAsync<JsonException>().WithMessage(told.Replace("'x'", $"'{name}'", StringComparison.Ordinal));
    }

    [Fact]
    public void Annotations_of_members_are_told_to_the_model_without_reflection_too()
    {
        var tool = Tool.From("book", null, AnnotationsJson.Default.Trip, trip => "");

        JsonNode.DeepEquals(JsonNode.Parse(tool.Definition.Parameters!.Value.GetRawText()), JsonNode.Parse("""
            {"type":"object","properties":{
                "title":{"type":"string","minLength":1},
                "stops":{"type":"array","items":{"type":"object","properties":{"nights":{"type":"integer","minimum":1,"maximum":9}},"required":["nights"]}}},
             "required":["stops","title"]}
            """)).Should().BeTrue(tool.Definition.Parameters.Value.GetRawText());
    }

    [Theory]
    [InlineData("""{"title": "Japan", "stops": [{"nights": 2}, {"nights": 10}]}""", "The argument 'stops[1].nights' must be at most 9.")]
    [InlineData("""{"stops": []}""", "The required argument 'title' is missing.")]
    [InlineData("""{"title": null, "stops": []}""", "The argument 'title' must not be null.")]
    [InlineData("""{"title": "", "stops": []}""", "The argument 'title' must have at least 1 character.")]
    [InlineData("""{"title": "Japan", "stops": [{}]}""", "The arguments do not fit at $.stops?0?: they must be *")]
    public async Task A_member_that_breaks_an_annotation_is_named_by_its_place(string arguments, string told)
    {
        var typed = Tool.From("book", null, AnnotationsJson.Default.Trip, trip => "");

        await typed.Awaiting(t => t.RunAsync(Call(arguments))).Should().ThrowAsync<JsonException>().WithMessage(told);
    }

    [Theory]
    [InlineData("Celsius")]
    [InlineData("celsius")]
    public async Task An_enum_is_read_whatever_its_case(string unit) =>
        (await Tool.From("x", null, (ToolTests.Unit unit) => unit).RunAsync(Call($$"""{"unit": "{{unit}}"}"""))).Should().Be("\"Celsius\"");

    [Fact]
    public async Task A_broken_annotation_is_told_in_a_run_and_the_call_not_run()
    {
        bool wasRun = false;
        var book = Tool.From("book", "Books.", ([Range(1, 9)] int nights) => wasRun = true);
        LoopPlay play = await LoopPlay.RunAsync(new LoopSetup { Tools = [book] }, LoopPlay.Calling("book", """{"nights": 12}"""), LoopPlay.Answer);

        wasRun.Should().BeFalse();
        play.Messages(1).Last().Should().Be("tool: The call was not run. The argument 'nights' must be at most 9.");
        play.Result.Explain().Should().EndWith("1 call not run (book: its arguments do not fit).");
    }

    private static ToolCall Call(string arguments) => new("1", "x", arguments);

    public sealed record Trip([property: Required] string? Title = null)
    {
        public required IReadOnlyList<Stop> Stops { get; init; }
    }

    public sealed record Stop([Range(1, 9)] int Nights);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(Trip))]
    internal sealed partial class AnnotationsJson : JsonSerializerContext;
}
