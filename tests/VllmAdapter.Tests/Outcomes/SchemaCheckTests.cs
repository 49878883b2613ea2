using System.Text.Json;

namespace VllmAdapter.Tests.Outcomes;

public sealed class SchemaCheckTests
{
    private const string Person = """
        {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
            "name": {"type": "string"}, "age": {"type": ["integer", "null"]}, "role": {"enum": ["poet", "engineer"]},
            "likes": {"type": "array", "items": {"$ref": "#/$defs/thing"}}, "kind": {"const": 1}},
         "$defs": {"thing": {"type": "object", "required": ["id"], "properties": {"id": {"type": "number"}}}}}
        """;

    [Theory]
    [InlineData("""{"name": "Ada"}""", null)]
    [InlineData("""{"name": "Ada", "age": null, "role": "poet", "kind": 1.0, "likes": [{"id": 1.5, "more": true}]}""", null)]
    [InlineData("""{"name": "Ada", "age": 36.0}""", null)]
    [InlineData("[]", "it must be object, but is an array")]
    [InlineData("{}", "name is missing")]
    [InlineData("""{"name": 7}""", "name must be string, but is a number")]
    [InlineData("""{"name": "Ada", "age": 36.5}""", "age must be integer or null, but is a number")]
    [InlineData("""{"name": "Ada", "role": "king"}""", "role is none of the 2 values that are allowed")]
    [InlineData("""{"name": "Ada", "kind": 2}""", "kind is not the one value that is allowed")]
    [InlineData("""{"name": "Ada", "likes": [{"id": 1}, {}]}""", "likes[1].id is missing")]
    [InlineData("""{"name": "Ada", "likes": {"id": 1}}""", "likes must be array, but is an object")]
    [InlineData("""{"name": "Ada", "secret": 1}""", "(another property) is forbidden")]
    public void A_value_is_held_against_its_schema(string value, string? misfit) => Misfit(Person, value).Should().Be(misfit);

    [Theory]
    [InlineData("""{"anyOf": [{"type": "string"}, {"type": "null"}]}""", "null", true)]
    [InlineData("""{"anyOf": [{"type": "string"}, {"type": "null"}]}""", "1", false)]
    [InlineData("""{"oneOf": [{"type": "number"}, {"type": "integer"}]}""", "1", true)]
    [InlineData("""{"oneOf": [{"type": "string"}]}""", "1", false)]
    [InlineData("""{"allOf": [{"type": "object"}, {"required": ["a"]}]}""", "{}", false)]
    [InlineData("""{"type": "array", "items": {"type": "string"}}""", """["a", 1]""", false)]
    [InlineData("""{"type": "array", "items": {"type": "string"}}""", """["a"]""", true)]
    [InlineData("""{"additionalProperties": {"type": "integer"}}""", """{"a": "b"}""", false)]
    [InlineData("""{"patternProperties": {"^x": {}}, "additionalProperties": false}""", """{"xa": 1}""", true)]
    [InlineData("""{"prefixItems": [{}], "items": false}""", "[1]", true)]
    [InlineData("""{"$ref": "https://elsewhere/schema"}""", "1", true)]
    [InlineData("""{"$ref": "#/$defs/none"}""", "1", true)]
    [InlineData("""{"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}""", "1", false)]
    [InlineData("""{"type": "text"}""", "1", true)]
    [InlineData("""{"minimum": 5, "format": "date"}""", "1", true)]
    [InlineData("{}", "1", true)]
    [InlineData("true", "1", true)]
    [InlineData("false", "1", false)]
    public void What_a_schema_does_not_surely_say_is_passed_over(string schema, string value, bool fits) =>
        (Misfit(schema, value) is null).Should().Be(fits);

    [Theory]
    [InlineData("""{"$ref": "#"}""")]
    [InlineData("""{"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]}""")]
    public void A_schema_that_refers_to_itself_comes_to_an_end(string schema) => Misfit(schema, "1").Should().BeNull();

    private static string? Misfit(string schema, string value) => SchemaCheck.Misfit(JsonElement.Parse(schema), JsonElement.Parse(value));
}
