using System.Text.Json;

namespace VllmAdapter.Tests.ToolCalls;

public sealed class ToolSignatureTests
{
    private static ToolSignature Of(string schema) => ToolSignature.From("f", JsonElement.Parse(schema));

    [Theory]
    [InlineData("""{"properties": {"a": {}, "b": {}}, "required": ["b", "a"]}""", "b, a")]
    [InlineData("""{"properties": {"a": {}}}""", "")]
    [InlineData("""{"required": []}""", "")]
    [InlineData("""{"required": "a"}""", "")]
    [InlineData("""{"required": ["a", 7, null]}""", "a")]
    [InlineData("{}", "")]
    public void A_schema_names_what_a_call_must_give(string schema, string required) =>
        string.Join(", ", Of(schema).RequiredParameters).Should().Be(required);

    [Theory]
    [InlineData("""{"properties": {"a": {"type": "string"}}}""", "a: string")]
    [InlineData("""{"properties": {"a": {"type": ["string", "null"]}, "b": {"type": "integer"}}}""", "a: string null, b: integer")]
    [InlineData("""{"properties": {"a": {"type": "array", "items": {"type": "string"}}}}""", "a: array")]
    [InlineData("""{"properties": {"a": {"anyOf": [{"type": "string"}]}, "b": {"enum": [1]}, "c": {}, "d": true}}""", "")]
    [InlineData("""{"properties": {"a": {"type": 7}, "b": {"type": [7]}, "c": {"type": null}}}""", "")]
    [InlineData("""{"properties": []}""", "")]
    [InlineData("{}", "")]
    public void A_schema_names_the_types_of_its_parameters(string schema, string types) =>
        string.Join(", ", Of(schema).ParameterTypes.Select(type => $"{type.Key}: {string.Join(' ', type.Value)}")).Should().Be(types);

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"type": "object"}""", true)]
    [InlineData("""{"type": "object", "properties": {}}""", true)]
    [InlineData("""{"properties": {}, "required": [], "additionalProperties": false}""", true)]
    [InlineData("""{"properties": {"a": {}}}""", false)]
    [InlineData("""{"required": ["a"]}""", false)]
    [InlineData("""{"additionalProperties": true}""", false)]
    [InlineData("""{"additionalProperties": {"type": "string"}}""", false)]
    [InlineData("""{"patternProperties": {}}""", false)]
    [InlineData("""{"$ref": "#/$defs/a"}""", false)]
    [InlineData("""{"allOf": []}""", false)]
    [InlineData("true", false)]
    public void A_schema_tells_whether_a_tool_takes_anything(string schema, bool takesNone) =>
        Of(schema).TakesNoParameters.Should().Be(takesNone);

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"]}""", false)]
    [InlineData("""{"additionalProperties": true, "patternProperties": {}}""", false)]
    [InlineData("""{"$ref": "#/$defs/a"}""", true)]
    [InlineData("""{"$dynamicRef": "#a"}""", true)]
    [InlineData("""{"allOf": []}""", true)]
    [InlineData("""{"anyOf": []}""", true)]
    [InlineData("""{"oneOf": []}""", true)]
    [InlineData("""{"not": {}}""", true)]
    [InlineData("""{"if": {}}""", true)]
    [InlineData("""{"minProperties": 1}""", true)]
    [InlineData("true", true)]
    public void A_composed_schema_may_require_more_than_it_names(string schema, bool mayRequireMore) =>
        Of(schema).MayRequireMore.Should().Be(mayRequireMore);

    [Fact]
    public void A_tool_without_a_schema_takes_nothing()
    {
        ToolSignature expected = new() { Name = "f", TakesNoParameters = true };

        ToolSignature.From("f", parameters: null).Should().BeEquivalentTo(expected);
        Of("null").Should().BeEquivalentTo(expected);
    }
}
