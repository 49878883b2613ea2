using System.Text.Json;

namespace VllmAdapter.Tests.ToolCalls;

public sealed class ToolCallProblemsTests
{
    private static string Problems(string arguments, string schema) =>
        string.Join(" ", ToolCallProblems.Find("f", arguments, ToolSignature.From("f", JsonElement.Parse(schema))));

    [Fact]
    public void An_undeclared_tool_is_a_problem() =>
        ToolCallProblems.Find("[", "{}", tool: null).Should().Equal("The tool '[' was not declared in the request.");

    [Theory]
    [InlineData("""{"a": 1, "b": 2}""", "")]
    [InlineData("""{"a": null, "b": ""}""", "")]
    [InlineData("""{"a": 1}""", "The required argument 'b' is missing.")]
    [InlineData("""{"B": 1, "a": 1}""", "The required argument 'b' is missing.")]
    [InlineData("{}", "The required argument 'a' is missing. The required argument 'b' is missing.")]
    [InlineData("""{"a": 1, "b": 2, "c": 3}""", "")]
    public void A_required_argument_must_be_there(string arguments, string problems) =>
        Problems(arguments, """{"required": ["a", "b"]}""").Should().Be(problems);

    [Theory]
    [InlineData("\"string\"", "\"\"", null)]
    [InlineData("\"string\"", "7", "must be string, but is a number")]
    [InlineData("\"string\"", "null", "must be string, but is null")]
    [InlineData("\"boolean\"", "true", null)]
    [InlineData("\"boolean\"", "false", null)]
    [InlineData("\"boolean\"", "\"true\"", "must be boolean, but is a string")]
    [InlineData("\"number\"", "7", null)]
    [InlineData("\"number\"", "7.5", null)]
    [InlineData("\"number\"", "\"7\"", "must be number, but is a string")]
    [InlineData("\"integer\"", "7", null)]
    [InlineData("\"integer\"", "-7.0", null)]
    [InlineData("\"integer\"", "7e2", null)]
    [InlineData("\"integer\"", "123456789012345678901234567890", null)]
    [InlineData("\"integer\"", "7.5", "must be integer, but is a number")]
    [InlineData("\"integer\"", "true", "must be integer, but is a boolean")]
    [InlineData("\"object\"", "{}", null)]
    [InlineData("\"object\"", "[]", "must be object, but is an array")]
    [InlineData("\"array\"", "[]", null)]
    [InlineData("\"array\"", "{}", "must be array, but is an object")]
    [InlineData("\"array\"", "\"[]\"", "must be array, but is a string")]
    [InlineData("\"null\"", "null", null)]
    [InlineData("\"null\"", "false", "must be null, but is a boolean")]
    [InlineData("[\"string\", \"null\"]", "null", null)]
    [InlineData("[\"string\", \"null\"]", "\"x\"", null)]
    [InlineData("[\"string\", \"null\"]", "7", "must be string or null, but is a number")]
    [InlineData("\"date\"", "7", null)]
    public void An_argument_has_a_declared_type(string type, string value, string? problem) =>
        Problems($$$"""{"a": {{{value}}}}""", $$$"""{"properties": {"a": {"type": {{{type}}} } }, "required": ["a"] }""")
            .Should().Be(problem is null ? "" : $"The argument 'a' {problem}.");

    [Fact]
    public void An_argument_that_is_not_given_has_no_wrong_type() =>
        Problems("{}", """{"properties": {"a": {"type": "string"}}}""").Should().BeEmpty();

    // ZenRows/zenrows-mcp#23: models write null for what they leave out.
    [Theory]
    [InlineData("""{"a": null}""", "")]
    [InlineData("""{"a": 7}""", "The argument 'a' must be string, but is a number.")]
    public void Null_for_what_may_be_left_out_is_no_wrong_type(string arguments, string problems) =>
        Problems(arguments, """{"properties": {"a": {"type": "string"}}, "required": []}""").Should().Be(problems);

    // Rapid-MLX#730: such a text breaks the server in this and every later turn.
    [Theory]
    [InlineData("""{"a": 1, "\ud83d": 1}""")]
    [InlineData("""{"\ud83d": 1}""")]
    [InlineData("""{"a": "Par\ud83d"}""")]
    [InlineData("""{"a": {"b": ["\ude00"]}}""")]
    public void Half_a_surrogate_pair_is_a_problem_wherever_it_stands(string arguments)
    {
        const string Problem = "The arguments contain half a surrogate pair, which is not text.";

        Problems(arguments, """{"required": ["a"]}""").Should().Be(Problem);
        ToolCallProblems.Find("f", arguments, new ToolSignature { Name = "f", TakesNoParameters = true }).Should().Equal(Problem);
    }
}
