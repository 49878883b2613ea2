using System.Text.Json;

namespace VllmAdapter.Tests.Requests;

public class StructuredOutputTests
{
    [Fact]
    public void A_choice_of_nothing_is_refused() =>
        FluentActions.Invoking(() => StructuredOutput.OneOf())
            .Should().Throw<ArgumentException>().WithMessage("There is nothing to choose from*");

    [Theory]
    [InlineData("true")]
    [InlineData("{")]
    public void A_schema_that_is_no_object_is_refused(string schema) =>
        FluentActions.Invoking(() => StructuredOutput.JsonSchema("n", schema))
            .Should().Throw<ArgumentException>().WithMessage("The schema is *").WithParameterName(nameof(schema));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void An_empty_constraint_is_refused(string text)
    {
        FluentActions.Invoking(() => StructuredOutput.Regex(text)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => StructuredOutput.Grammar(text)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => StructuredOutput.StructuralTag(text)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_description_is_sent_beside_the_schema_and_saved_with_it()
    {
        ChatRequest request = ChatRequest.FromPrompt("hi") with { Output = StructuredOutput.JsonSchema("n", "{}") with { Description = "A plan." } };

        request.Body()["response_format"]!["json_schema"]!.ToJsonString()
            .Should().Be("""{"name":"n","schema":{},"description":"A plan."}""");
        ChatRequest.Parse(request.ToJson()).Output.Should().Be(request.Output);
    }

    [Fact]
    public void A_schema_outlives_the_document_that_it_was_read_from()
    {
        StructuredOutput output;
        using (JsonDocument document = JsonDocument.Parse("""{"type": "object"}"""))
            output = StructuredOutput.JsonSchema("n", document.RootElement);

        (ChatRequest.FromPrompt("hi") with { Output = output }).Body()
            .ToJsonString().Should().Contain("""{"type":"object"}""");
    }
}
