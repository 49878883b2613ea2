using System.Text.Json;

namespace VllmAdapter.Tests.Requests;

/// <summary>What a body asks for is read as vLLM's server reads it, wherever a field came from.</summary>
public sealed class RequestEvidenceReadingTests
{
    private static RequestEvidence Read(string body) => RequestEvidenceReading.Of(JsonDocument.Parse(body).RootElement, contextWindow: null);

    [Theory]
    [InlineData("""{"max_tokens": 22}""", 22)]
    [InlineData("""{"max_tokens": 22.0}""", 22)]
    [InlineData("""{"max_tokens": "22"}""", 22)]
    [InlineData("""{"max_tokens": 2.2e1}""", 22)]
    [InlineData("""{"max_tokens": 22.5}""", null)]
    [InlineData("""{"max_tokens": "many"}""", null)]
    [InlineData("""{"max_tokens": null}""", null)]
    [InlineData("""{"max_tokens": 99999999999}""", null)]
    [InlineData("""{"max_tokens": 22, "max_completion_tokens": 7}""", 7)]
    [InlineData("""{}""", null)]
    public void The_max_tokens(string body, int? maxTokens) => Read(body).MaxTokens.Should().Be(maxTokens);

    [Theory]
    [InlineData("""{"n": 2}""", 2)]
    [InlineData("""{"n": "2"}""", 2)]
    [InlineData("""{"n": 2.0}""", 2)]
    [InlineData("""{}""", 1)]
    public void The_choices(string body, int choices) => Read(body).ChoiceCount.Should().Be(choices);

    [Theory]
    [InlineData("""{"tool_choice": "required"}""", true)]
    [InlineData("""{"tool_choice": {"type": "function", "function": {"name": "f"}}}""", true)]
    [InlineData("""{"tool_choice": {"function": {"name": "f"}}}""", true)]
    [InlineData("""{"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}}""", true)]
    [InlineData("""{"tool_choice": {"type": "allowed_tools", "mode": "required", "tools": []}}""", true)]
    [InlineData("""{"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}}""", false)]
    [InlineData("""{"tool_choice": {"type": "allowed_tools"}}""", false)]
    [InlineData("""{"tool_choice": "auto"}""", false)]
    [InlineData("""{"tool_choice": null}""", false)]
    [InlineData("""{}""", false)]
    public void Whether_a_call_is_required(string body, bool isRequired) => Read(body).RequiresCall.Should().Be(isRequired);

    [Theory]
    [InlineData("true", false, true)]
    [InlineData("false", true, false)]
    [InlineData("\"False\"", true, false)]
    [InlineData("0", true, false)]
    [InlineData("1", false, true)]
    [InlineData("null", false, false)]
    public void What_the_request_leaves_out(string flag, bool isFalse, bool isTrue)
    {
        RequestEvidence asked = Read($$"""{"include_reasoning": {{flag}}, "ignore_eos": {{flag}}, "skip_special_tokens": {{flag}}}""");

        (asked.HidesReasoning, asked.IgnoresEndToken, asked.SkipsSpecialTokens).Should().Be((isFalse, isTrue, isTrue));
    }

    [Theory]
    [InlineData("""{"response_format": {"type": "json_object"}}""", "response_format: object")]
    [InlineData("""{"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}}""", "response_format: schema")]
    [InlineData("""{"response_format": {"type": "text"}}""", null)]
    [InlineData("""{"response_format": "json"}""", null)]
    [InlineData("""{"structured_outputs": {"choice": ["a", "b"]}}""", "structured_outputs: one of a, b")]
    [InlineData("""{"structured_outputs": {"regex": "[ab]"}}""", "structured_outputs: [ab]")]
    [InlineData("""{"structured_outputs": {"json": {"type": "object"}}}""", "structured_outputs: schema")]
    [InlineData("""{"structured_outputs": {"json": "{\"type\": \"object\"}"}}""", "structured_outputs: schema")]
    [InlineData("""{"structured_outputs": {"json": "{"}}""", null)]
    [InlineData("""{"structured_outputs": {"json_object": true}}""", "structured_outputs: object")]
    [InlineData("""{"structured_outputs": {"grammar": "root ::= x"}}""", null)]
    [InlineData("""{"structured_outputs": null}""", null)]
    [InlineData("""{"guided_choice": ["a"]}""", "guided_*: one of a")]
    [InlineData("""{"guided_regex": "[ab]"}""", "guided_*: [ab]")]
    [InlineData("""{"guided_json": {"type": "object"}}""", "guided_*: schema")]
    [InlineData("""{}""", null)]
    public void The_shape_of_the_answer(string body, string? shape) => Name(Read(body).Format).Should().Be(shape);

    private static string? Name(AskedFormat? format) => format switch
    {
        null => null,
        { Choice: { } words } => $"{format.Field}: one of {string.Join(", ", words)}",
        { Regex: { } pattern } => $"{format.Field}: {pattern}",
        { Schema: not null } => $"{format.Field}: schema",
        _ => $"{format.Field}: object",
    };
}
