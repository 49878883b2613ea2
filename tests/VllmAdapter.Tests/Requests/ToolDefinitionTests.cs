using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

public class ToolDefinitionTests
{
    private const string Schema = """{"type": "object", "properties": {"n": {"type": "integer"}}}""";

    [Fact]
    public void Parameters_may_be_given_as_text_as_a_node_or_as_an_element()
    {
        using JsonDocument document = JsonDocument.Parse(Schema);
        ToolDefinition[] tools =
        [
            new("roll", "Rolls.", Schema),
            new("roll", "Rolls.", JsonNode.Parse(Schema)!),
            new() { Name = "roll", Description = "Rolls.", Parameters = document.RootElement.Clone() },
        ];

        tools.Should().OnlyContain(tool => tool.Name == "roll" && tool.Description == "Rolls.");
        tools.Should().OnlyContain(tool => JsonNode.DeepEquals(JsonObject.Create(tool.Parameters!.Value, null), JsonNode.Parse(Schema, null, default)));
    }

    [Fact]
    public void A_node_given_as_parameters_is_copied()
    {
        var schema = new JsonObject { ["type"] = "object" };
        var tool = new ToolDefinition("roll", null, schema);

        schema["type"] = "changed";

        tool.Parameters!.Value.GetProperty("type").GetString().Should().Be("object");
    }

    [Theory]
    [InlineData("""{"type": """, "The schema is not JSON*")]
    [InlineData("[]", "The schema is a JSON Array, not an object*")]
    [InlineData("\"object\"", "The schema is a JSON String, not an object*")]
    public void Parameters_that_are_no_schema_are_refused(string parameters, string message) =>
        FluentActions.Invoking(() => new ToolDefinition("roll", null, parameters))
            .Should().Throw<ArgumentException>().WithMessage(message).WithParameterName(nameof(parameters));

    [Fact]
    public void A_tool_needs_a_name() =>
        FluentActions.Invoking(() => new ToolDefinition(" ")).Should().Throw<ArgumentException>().WithParameterName("name");
}
