using System.Numerics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.FSharp.Control;
using Microsoft.FSharp.Core;

namespace VllmAdapter.Tests.Agents;

/// <summary>Which types a tool may have: what cannot be read from JSON is refused before a model sees it.</summary>
public sealed partial class ToolTypesTests
{
    public enum Unit
    {
        Celsius,
        Fahrenheit,
    }

    public static TheoryData<Delegate, string> Refused => new()
    {
        { ((int Days, string City) trip) => "", "has fields and no properties" },
        { (Vector2 at) => "", "has fields and no properties" },
        { (Trip trip) => "", "has fields and no properties" },
        { (List<(int, int)> trips) => "", "has fields and no properties" },
        { (FSharpChoice<int, string> one) => "", "the serializer has no form for it" },
        { (Type type) => "", "the serializer has no form for it" },
        { (IntPtr at) => "", "the serializer has no form for it" },
        { (Action then) => "", "the serializer has no form for it" },
        { (Held held) => "", "the serializer has no form for it" },
        { (Stream stream) => "", "is abstract" },
        { (in int days) => "", "is a reference" },
        { () => FSharpAsync.AwaitTask(Task.FromResult("4")), "F# Async" },
        { () => One(), "Collect them" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_type_that_no_call_can_fill_is_refused_when_the_tool_is_made(Delegate handler, string why) =>
        FluentActions.Invoking(() => Tool.From("x", null, handler)).Should().Throw<ArgumentException>().WithMessage($"*{why}*");

    [Fact]
    public void An_answers_type_and_one_with_metadata_are_held_to_the_same()
    {
        FluentActions.Invoking(() => StructuredOutput.JsonSchema<Trip>("trip")).Should().Throw<ArgumentException>().WithMessage("*has fields*");
        FluentActions.Invoking(() => Tool.From("x", null, TypesJson.Default.Held, held => "")).Should().Throw<ArgumentException>().WithMessage("*no form*");
    }

    public static TheoryData<Delegate, string, string> Runs => new()
    {
        { (Tuple<int, string> trip) => trip.Item2, """{"trip": {"item1": 3, "item2": "Paris"}}""", "Paris" },
        { (Nothing nothing) => "ran", """{"nothing": {}}""", "ran" },
        { (FSharpOption<int> days) => days is null ? "none" : $"{days.Value}", """{"days": null}""", "none" },
        { (FSharpOption<int> days) => days is null ? "none" : $"{days.Value}", """{"days": 3}""", "3" },
        { (FSharpValueOption<int> days) => $"{days.IsNone}", """{"days": null}""", "True" },
        { (JsonElement anything) => $"{anything.ValueKind}", """{"anything": null}""", "Null" },
        { (JsonElement anything) => $"{anything.GetArrayLength()}", $$"""{"anything": {{new string('[', 200)}}{{new string(']', 200)}}}""", "1" },
        { (JsonNode anything) => anything.ToJsonString(), """{"anything": [[3.0]]}""", "[[3.0]]" },
        { (Animal animal) => $"{animal}", """{"animal": {"name": "Tom", "$type": "cat"}}""", "Cat { Name = Tom }" },

        // Awaited by what they are when they run.
        { object () => Task.FromResult("4"), "{}", "4" },
        { object () => new ValueTask<Nothing>(new Nothing()), "{}", "{}" },
        { object () => Task.CompletedTask, "{}", "done" },
        { object () => Later(), "{}", "done" },
        { Task () => Task.FromResult("4"), "{}", "done" },
        { () => Task.FromResult<object>(Task.FromResult("4")), "{}", "4" },
        { object () => "4", "{}", "4" },
        { object? () => null, "{}", "null" },

        // mlx-lm#1627, ZenRows/zenrows-mcp#23
        { (int days = 1) => $"{days}", """{"days": 3.0}""", "3" },
        { (int? days = 1) => $"{days}", """{"days": 3.0}""", "3" },
        { (long[] days) => $"{days[1]}", """{"days": [1, 2e1]}""", "20" },
        { (string unit = "C") => unit, """{"unit": null}""", "C" },
        { (int days = 1) => $"{days}", """{"days": null}""", "1" },
        { (Stay stay) => $"{stay}", """{"stay": {"city": "Paris", "nights": null}}""", "Stay { City = Paris, Nights = 1 }" },
        { (Stay stay) => $"{stay}", """{"stay": {"city": "Paris", "nights": 2.0}}""", "Stay { City = Paris, Nights = 2 }" },
        { (string? unit = "C") => unit ?? "none", """{"unit": null}""", "none" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task What_the_schema_takes_is_run(Delegate handler, string arguments, string result) =>
        (await Tool.From("x", null, handler).RunAsync(Call(arguments))).Should().Be(result);

    public static TheoryData<Delegate, string, string> Misfits => new()
    {
        { (Unit unit) => "", """{"unit": 1}""", "The argument 'unit' does not fit*" },
        { (Unit unit) => "", """{"unit": 7}""", "The argument 'unit' does not fit*" },
        { (Animal animal) => "", """{"animal": {"name": "Tom"}}""", "The argument 'animal' does not fit*" },
        { (Animal animal) => "", """{"animal": {"name": "Tom", "$type": "dog"}}""", "The argument 'animal' does not fit*" },
        { (object anything) => "", """{"anything": null}""", "The argument 'anything' must not be null." },
        { (int days) => "", """{"days": null}""", "The argument 'days' must not be null." },
        { (string city = "") => "", """{"city": "Par\ud83d"}""", "*half a surrogate pair*" },
        { () => "", """{"\ud83d": 1}""", "*half a surrogate pair*" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public async Task What_it_does_not_take_is_told_to_the_model_and_not_run(Delegate handler, string arguments, string why) =>
        await Tool.From("x", null, handler).Awaiting(tool => tool.RunAsync(Call(arguments))).Should().ThrowAsync<JsonException>().WithMessage(why);

    [Fact]
    public async Task A_type_with_metadata_is_read_in_the_same_way()
    {
        Tool stay = Tool.From("stay", null, TypesJson.Default.Stay, stay => $"{stay}");
        Tool animal = Tool.From("pet", null, TypesJson.Default.Animal, animal => $"{animal}");

        (await stay.RunAsync(Call("""{"city": "Paris", "nights": 2.0}"""))).Should().Be("Stay { City = Paris, Nights = 2 }");
        (await stay.RunAsync(Call("""{"city": "Paris", "nights": null}"""))).Should().Be("Stay { City = Paris, Nights = 1 }");
        await animal.Awaiting(tool => tool.RunAsync(Call("""{"name": "Tom"}"""))).Should().ThrowAsync<JsonException>().WithMessage("The arguments do not fit*");
    }

    [Fact]
    public async Task An_Async_that_hides_behind_an_object_fails_in_words() =>
        await Tool.From("x", null, object () => FSharpAsync.AwaitTask(Task.FromResult("4"))).Awaiting(tool => tool.RunAsync(Call("{}")))
            .Should().ThrowAsync<InvalidOperationException>().WithMessage("*F# Async*");

    [Fact]
    public void Schemas_may_nest_as_deep_as_requests_may()
    {
        string deep = "{}";
        for (int i = 0; i < 120; i++)
            deep = $$$"""{"type":"object","properties":{"a":{{{deep}}}}}""";

        new ToolDefinition("x", null, deep).Parameters!.Value.GetRawText().Should().Be(deep);
        FluentActions.Invoking(() => StructuredOutput.JsonSchema("x", deep)).Should().NotThrow();
    }

    private static ToolCall Call(string arguments) => new() { Id = "call-1", Name = "x", Arguments = arguments };

    private static async Task Later() => await Task.Yield();

    private static async IAsyncEnumerable<int> One()
    {
        await Task.Yield();
        yield return 1;
    }

    public sealed class Trip
    {
#pragma warning disable S1104, CA1051 // a public field is what this type is for
        public int Days;
#pragma warning restore S1104, CA1051
    }

    public sealed record Held(MethodInfo? Method);

    public sealed record Nothing;

    public sealed record Stay(string City, int Nights = 1);

    [JsonDerivedType(typeof(Cat), "cat")]
    public abstract record Animal(string Name);

    public sealed record Cat(string Name) : Animal(Name)
    {
        public override string ToString() => $"Cat {{ Name = {Name} }}";
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, AllowOutOfOrderMetadataProperties = true)]
    [JsonSerializable(typeof(Stay))]
    [JsonSerializable(typeof(Animal))]
    [JsonSerializable(typeof(Held))]
    private sealed partial class TypesJson : JsonSerializerContext;
}
