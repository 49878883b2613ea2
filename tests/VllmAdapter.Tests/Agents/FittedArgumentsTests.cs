using System.Text.Encodings.Web;
using System.Text.Json;

namespace VllmAdapter.Tests.Agents;

public sealed class FittedArgumentsTests
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // mlx-lm#1627 and #1635: models write 140.0 where the schema says integer, which JSON Schema takes for one.
    [Theory]
    [InlineData("3.0", "3")]
    [InlineData("-3.00", "-3")]
    [InlineData("0.0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("3e2", "300")]
    [InlineData("1.5E1", "15")]
    [InlineData("0.03e2", "3")]
    [InlineData("30e-1", "3")]
    [InlineData("12345678901234567890.0", "12345678901234567890")]
    [InlineData("3", "3")]
    [InlineData("3.5", "3.5")]
    [InlineData("3e-1", "3e-1")]
    [InlineData("3.00000000000000000000000000000001", "3.00000000000000000000000000000001")]
    [InlineData("1e400", "1e400")]
    [InlineData("1e99999999999", "1e99999999999")]
    [InlineData("\"3.0\"", "\"3.0\"")]
    public void An_integer_is_one_however_it_is_written(string number, string fitted)
    {
        Fit($$"""{"n": {{number}}}""", """{"properties": {"n": {"type": "integer"}}}""").Should().Be($$"""{"n":{{fitted}}}""");
        Fit($$"""{"n": {{number}}}""", """{"properties": {"n": {"type": ["integer", "number"]}}}""").Should().Be($$"""{"n":{{number}}}""");
        Fit($$"""{"n": {{number}}}""", "{}").Should().Be($$"""{"n":{{number}}}""");
    }

    // ZenRows/zenrows-mcp#23: models write null for what they leave out.
    [Theory]
    [InlineData("""{"properties": {"a": {"type": "string"}}}""", "{}")]
    [InlineData("""{"properties": {"a": {"type": ["string", "integer"]}}, "required": ["b"]}""", "{}")]
    [InlineData("""{"properties": {"a": {"type": "string"}}, "required": ["a"]}""", """{"a":null}""")]
    [InlineData("""{"properties": {"a": {"type": ["string", "null"]}}}""", """{"a":null}""")]
    [InlineData("""{"properties": {"a": {"enum": ["x", null]}}}""", """{"a":null}""")]
    [InlineData("""{"properties": {"a": {"enum": ["x"]}}}""", "{}")]
    [InlineData("""{"properties": {"b": {"type": "string"}}}""", """{"a":null}""")]
    [InlineData("""{"properties": {"a": {"$ref": "#/$defs/text"}}, "$defs": {"text": {"type": "string"}}}""", "{}")]
    [InlineData("true", """{"a":null}""")]
    public void Null_for_what_may_be_left_out_is_left_out(string schema, string fitted) => Fit("""{"a": null}""", schema).Should().Be(fitted);

    [Fact]
    public void What_stands_within_is_fitted_too()
    {
        const string Schema = """
            {"properties": {"plan": {"type": "object", "properties": {
                "days": {"type": "array", "items": {"type": "integer"}},
                "next": {"$ref": "#/properties/plan"},
                "note": {"type": "string"}}},
              "by_city": {"type": "object", "additionalProperties": {"type": "integer"}}}}
            """;

        Fit("""{"plan": {"days": [1, 2.0], "next": {"days": [3.0], "note": null}}, "by_city": {"Paris": 4.0}}""", Schema)
            .Should().Be("""{"plan":{"days":[1,2],"next":{"days":[3]}},"by_city":{"Paris":4}}""");
    }

    [Theory]
    [InlineData("""{"a": {"$ref": "#/properties/a"}}""")]
    [InlineData("""{"a": {"$ref": "#/nowhere/0/at/all"}}""")]
    [InlineData("""{"a": {"$ref": "https://elsewhere.test/schema"}}""")]
    public void A_reference_that_leads_nowhere_changes_nothing(string properties) =>
        Fit("""{"a": 3.0}""", $$"""{"properties": {{properties}}}""").Should().Be("""{"a":3.0}""");

    [Fact]
    public void Half_a_surrogate_pair_fits_nothing() =>
        FluentActions.Invoking(() => Fit("""{"\ud83d": 1}""", "{}")).Should().Throw<JsonException>().WithMessage("*half a surrogate pair*");

    private static string Fit(string arguments, string schema)
    {
        using JsonDocument given = JsonDocument.Parse(arguments);
        using JsonDocument by = JsonDocument.Parse(schema);
        return JsonSerializer.Serialize(FittedArguments.Of(given.RootElement, by.RootElement), Plain);
    }
}
