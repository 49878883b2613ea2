using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>The constraint of a recorded body as a <see cref="StructuredOutput"/>, if the type can say it.</summary>
internal static class RecordedOutput
{
    public static StructuredOutput? From(JsonObject body) =>
        Format(body.Object("response_format")) ?? Constraint(body.Object("structured_outputs"));

    private static StructuredOutput? Format(JsonObject? format) => format?.Text("type") switch
    {
        "json_object" => StructuredOutput.JsonObject,
        "json_schema" when format.Object("json_schema") is { } named && named.Object("schema") is { } schema
            && named.Text("name") is { Length: > 0 } name => StructuredOutput.JsonSchema(name, schema, named.Bool("strict")),
        _ => null,
    };

    private static StructuredOutput? Constraint(JsonObject? outputs)
    {
        StructuredOutput? output = outputs switch
        {
            null => null,
            _ when outputs.Object("json") is { } schema => StructuredOutput.JsonSchema("schema", schema),
            _ when outputs.Bool("json_object") is true => StructuredOutput.JsonObject,
            _ when outputs.Text("regex") is { } pattern => StructuredOutput.Regex(pattern),
            _ when outputs.Text("grammar") is { } grammar => StructuredOutput.Grammar(grammar),
            _ when outputs.Text("structural_tag") is { } tag => StructuredOutput.StructuralTag(tag),
            _ when outputs.Texts("choice") is { Length: > 0 } options => StructuredOutput.OneOf(options),
            _ => null,
        };
        if (outputs is null || output is null)
            return null;

        bool hasOptions = outputs.Any(field => field.Key is
            "disable_any_whitespace" or "disable_additional_properties" or "whitespace_pattern");
        bool viaFormat = !hasOptions && (outputs.ContainsKey("json") || outputs.ContainsKey("json_object"));
        return viaFormat ? null : output with
        {
            DisableAnyWhitespace = outputs.Bool("disable_any_whitespace"),
            DisableAdditionalProperties = outputs.Bool("disable_additional_properties"),
            WhitespacePattern = outputs.Text("whitespace_pattern"),
        };
    }
}
