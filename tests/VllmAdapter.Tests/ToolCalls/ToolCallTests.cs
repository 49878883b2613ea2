using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using VllmAdapter.Tests.Outcomes;

namespace VllmAdapter.Tests.ToolCalls;

public sealed class ToolCallTests
{
    private static readonly JsonTypeInfo<Dictionary<string, string>> Texts =
        (JsonTypeInfo<Dictionary<string, string>>)JsonSerializerOptions.Default.GetTypeInfo(typeof(Dictionary<string, string>));

    private static ToolCall Ready(string arguments, string? id = "call-7") => Evidence.Of().Offering(Offered.GetWeather, Offered.ListFiles)
        .Calls("list_files", arguments, id).Declares("stop").Done().Judge().ToolCalls.Should().ContainSingle().Subject;

    [Fact]
    public void Arguments_are_read_into_a_type() =>
        Ready("""{"folder": "docs"}""").ArgumentsAs(Texts).Should().BeEquivalentTo(new Dictionary<string, string> { ["folder"] = "docs" });

    [Fact]
    public void Arguments_are_read_into_a_type_by_reflection() =>
        Ready("""{"folder": "docs"}""").ArgumentsAs<Listing>().Should().Be(new Listing("docs"));

    [Fact]
    public void No_arguments_are_an_empty_object() => Ready("").ArgumentsAs(Texts).Should().BeEmpty();

    [Theory]
    [InlineData("""{"folder": 7}""")]
    [InlineData("""{"folder": "\ud83d"}""")]
    [InlineData("""{"\ud83d": "docs"}""")]
    public void Arguments_that_do_not_fit_the_type_are_refused(string arguments) =>
        FluentActions.Invoking(() => Ready(arguments).ArgumentsAs(Texts)).Should().Throw<JsonException>();

    [Fact]
    public void Two_calls_are_equal_if_they_are_sent_alike()
    {
        ToolCall call = new("a", "list_files", "{}");

        (call with { ChoiceIndex = 1, IdIsSynthetic = true, Problems = ["?"] }).Should().Be(call);
        (call with { ChoiceIndex = 1 }).GetHashCode().Should().Be(call.GetHashCode());
        new[] { call with { Id = "b" }, call with { Name = "other" }, call with { Arguments = "[]" } }.Should().NotContain(call);
    }

    [Fact]
    public void A_call_has_an_id_a_name_and_arguments()
    {
        FluentActions.Invoking(() => new ToolCall(null!, "n", "{}")).Should().Throw<ArgumentNullException>().WithParameterName("id");
        FluentActions.Invoking(() => new ToolCall("a", null!, "{}")).Should().Throw<ArgumentNullException>().WithParameterName("name");
        FluentActions.Invoking(() => new ToolCall("a", "n", null!)).Should().Throw<ArgumentNullException>().WithParameterName("arguments");
    }

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("", "{}")]
    [InlineData(" \n", "{}")]
    [InlineData("{\"folder\": \"docs\"}\n", "{\"folder\": \"docs\"}")]
    public void Arguments_are_the_text_of_one_object(string received, string arguments) => Ready(received).Arguments.Should().Be(arguments);

    [Theory]
    [InlineData("call-7", "call-7", false)]
    [InlineData(null, "call-0-0", true)]
    public void A_missing_id_is_made_up_and_marked(string? received, string id, bool isSynthetic)
    {
        ToolCall call = Ready("{}", received);

        (call.Id, call.IdIsSynthetic).Should().Be((id, isSynthetic));
    }

    [Fact]
    public void Made_up_ids_are_different()
    {
        StreamOutcome outcome = Evidence.OfChoices(2).Choice(0).Calls("f", "{}", id: null).Calls("f", "{}", id: null).Declares("stop")
            .Choice(1).Calls("f", "{}", id: null).Declares("stop").Done().Judge();

        outcome.ToolCalls.Select(call => (call.Id, call.ChoiceIndex)).Should().Equal(("call-0-0", 0), ("call-0-1", 0), ("call-1-0", 1));
    }

    [Fact]
    public void A_ready_call_names_its_problems()
    {
        StreamOutcome outcome = Evidence.Of().Offering(Offered.GetWeather).Calls("get_weather", "{}").Calls("get_wether", "{}", id: "call-2").Declares("stop").Done().Judge();

        outcome.ToolCalls.SelectMany(call => call.Problems).Should().Equal(
            "The required argument 'city' is missing.", "The tool 'get_wether' was not declared in the request.");
    }

    [Fact]
    public void A_ready_call_always_parses() => JsonNode.Parse(Ready("{\"folder\": \"docs\"}\n").Arguments).Should().BeOfType<JsonObject>();

    private sealed record Listing(string Folder);
}
