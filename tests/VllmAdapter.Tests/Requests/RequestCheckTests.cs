using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

/// <summary>What ends a server for everybody on it does not leave the client; recorded at seven versions of vLLM.</summary>
public sealed class RequestCheckTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello");

    public static TheoryData<string, string, string> Deadly => new()
    {
        // 0.11.0: the engine ends; 0.15.1 and newer: 400.
        { "a constraint that asks for nothing", """{"structured_outputs": {}}""", "structured_outputs asks for nothing*0.11.0*Set one of json, regex*" },
        { "options alone", """{"structured_outputs": {"disable_any_whitespace": true}}""", "structured_outputs asks for nothing*" },
        { "nulls alone", """{"structured_outputs": {"json": null, "choice": null}}""", "structured_outputs asks for nothing*" },
        { "false alone", """{"structured_outputs": {"json_object": false}}""", "structured_outputs asks for nothing*" },
        { "an empty text alone", """{"structured_outputs": {"grammar": ""}}""", "structured_outputs asks for nothing*" },

        // 0.11.0: the engine hangs, /health says 200; 0.8.5 takes it, 0.15.1 and newer: 400.
        {
            "JSON mode with a choice", """{"response_format": {"type": "json_object"}, "structured_outputs": {"choice": ["a", "b"]}}""",
            "The request asks for response_format json_object and choice together*0.11.0 falls silent*"
        },
        { "a schema with a regex", """{"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}, "structured_outputs": {"regex": "a"}}""", "*json_schema and regex together*" },
        { "a choice with a regex", """{"structured_outputs": {"choice": ["a", "b"], "regex": "a"}}""", "The request asks for regex and choice together*" },

        // 0.11.0, 0.15.1, 0.20.2: the engine ends; 0.26.0: an empty stream; 0.32.0: 500; 0.33.0: 400.
        { "a grammar without a body", """{"structured_outputs": {"grammar": "root ::= "}}""", "The grammar does not compile: the rule 'root' is empty*0.20.2 crash on it*Correct it*" },


        // 0.8.5: the process ends.
        { "the older field", """{"guided_regex": "a)"}""", "guided_regex does not compile*0.8.5 crashes on it*" },
    };

    [Theory]
    [MemberData(nameof(Deadly))]
    public void What_ends_a_server_is_refused_in_words_and_sent_only_by_setting(string what, string extra, string why)
    {
        ChatRequest request = Hello with { Extra = JsonNode.Parse(extra)!.AsObject() };

        request.Invoking(deadly => deadly.Body()).Should().Throw<ArgumentException>(what)
            .WithMessage(why).WithMessage("*SendUnchecked sends it anyway.*");
        (request with { SendUnchecked = true }).Body()[request.Extra!.First().Key].ShouldBeJson(request.Extra!.First().Value!.ToJsonString());
    }

    [Fact]
    public void Typed_members_are_held_to_the_same()
    {
        (Hello with { Output = StructuredOutput.Grammar("root ::= ") }).Invoking(deadly => deadly.Body())
            .Should().Throw<ArgumentException>().WithMessage("The grammar does not compile*");
        (Hello with { Output = StructuredOutput.JsonObject, Extra = new() { ["structured_outputs"] = new JsonObject { ["regex"] = "a" } } })
            .Invoking(deadly => deadly.Body()).Should().Throw<ArgumentException>().WithMessage("*together*");
    }

    [Theory]
    [InlineData("""{"structured_outputs": null}""")]
    [InlineData("""{"structured_outputs": {"regex": "a+"}, "response_format": null}""")]
    [InlineData("""{"structured_outputs": {"json": {}, "regex": null, "json_object": false}}""")]
    [InlineData("""{"structured_outputs": {"choice": ["a"], "disable_any_whitespace": true}}""")]
    [InlineData("""{"structured_outputs": {"grammar": "start: \"a\""}}""")]
    [InlineData("""{"structured_outputs": {"regex": "(?=a)a"}}""")]
    [InlineData("""{"structured_outputs": {"regex": "((("}}""")]
    [InlineData("""{"response_format": {"type": "json_object"}}""")]
    [InlineData("""{"guided_regex": "a+", "guided_choice": ["a"], "guided_grammar": "root ::= "}""")]
    public void What_a_server_answers_by_itself_is_sent(string extra)
    {
        JsonObject sent = (Hello with { Extra = JsonNode.Parse(extra)!.AsObject() }).Body();

        foreach ((string name, JsonNode? value) in JsonNode.Parse(extra)!.AsObject())
            sent[name].ShouldBeJson(value?.ToJsonString() ?? "null");
    }

    // 0.11.0: the engine ends, and every stream on the server breaks. It is OpenAI's default written out.
    [Fact]
    public void The_format_that_means_nothing_is_left_out()
    {
        ChatRequest request = Hello with { Output = StructuredOutput.JsonObject, Extra = JsonNode.Parse("""{"response_format": {"type": "text"}}""")!.AsObject() };

        request.Body().ContainsKey("response_format").Should().BeFalse("Extra has the last word, and says text");
        (request with { SendUnchecked = true }).Body()["response_format"].ShouldBeJson("""{"type": "text"}""");
        request.Extra!["response_format"].ShouldBeJson("""{"type": "text"}""");
    }

    [Theory]
    [InlineData("10000", false)]
    [InlineData("10001", true)]
    [InlineData("1e9", true)]
    [InlineData("10000000000000000000000", true)]
    public void More_choices_than_memory_holds_are_refused_whatever_is_set(string n, bool isRefused)
    {
        Action body = () => (Hello with { SendUnchecked = true, Extra = new() { ["n"] = JsonNode.Parse(n) } }).Body();

        if (isRefused)
            body.Should().Throw<ArgumentException>().WithMessage("ChoiceCount (n) is *at most 10,000*");
        else
            body.Should().NotThrow();
    }

    [Fact]
    public void Choices_are_counted_where_they_are_typed() =>
        (Hello with { ChoiceCount = 1_000_000 }).Invoking(request => request.Body()).Should().Throw<ArgumentException>().WithMessage("ChoiceCount (n) is 1,000,000*");
}
