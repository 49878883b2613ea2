using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

/// <summary>In which order the fields of a body stand, and whose word is the last.</summary>
public sealed class BodyWriterTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello") with { Model = "tiny", MaxTokens = 5, User = "eve", Stream = false };

    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";

    public static TheoryData<string?, string> Extras => new()
    {
        { null, $$"""{"model":"tiny",{{Messages}},"max_tokens":5,"user":"eve"}""" },
        { """{"later": 1.50, "best_of": null}""", $$"""{"model":"tiny",{{Messages}},"max_tokens":5,"user":"eve","later":1.50,"best_of":null}""" },

        // In the place of the member that it outranks, written as it was.
        { """{"later": 1, "max_tokens": 7.0, "model": "other"}""", $$"""{"model":"other",{{Messages}},"max_tokens":7.0,"user":"eve","later":1}""" },
        { """{"max_tokens": null}""", $$"""{"model":"tiny",{{Messages}},"max_tokens":null,"user":"eve"}""" },
        { """{"messages": [{"role": "user", "content": "\u00e9"}]}""", """{"model":"tiny","messages":[{"role":"user","content":"é"}],"max_tokens":5,"user":"eve"}""" },
        { """{"response_format": {"type": "text"}, "later": 1}""", $$"""{"model":"tiny",{{Messages}},"max_tokens":5,"user":"eve","later":1}""" },

        // The names are those of JSON, which has small and large letters.
        { """{"Model": "other"}""", $$"""{"model":"tiny",{{Messages}},"max_tokens":5,"user":"eve","Model":"other"}""" },
    };

    [Theory]
    [MemberData(nameof(Extras))]
    public void A_field_of_Extra_stands_where_its_member_would_or_else_at_the_end(string? extra, string body) =>
        Sent(Hello with { Extra = extra is null ? null : JsonNode.Parse(extra)!.AsObject() }).Should().Be(body);

    [Fact]
    public void Names_of_Extra_that_tell_no_letters_apart_are_taken_as_they_are_written() =>
        Sent(Hello with { Extra = new JsonObject(new JsonNodeOptions { PropertyNameCaseInsensitive = true }) { ["Model"] = "other" } })
            .Should().Be($$"""{"model":"tiny",{{Messages}},"max_tokens":5,"user":"eve","Model":"other"}""");

    [Fact]
    public void Template_arguments_outrank_the_switch_in_its_place() =>
        Sent(Hello with { Reasoning = new() { Enabled = true }, Prompt = new() { TemplateArguments = new() { ["tone"] = null, ["enable_thinking"] = "yes" } } })
            .Should().Contain("""{"enable_thinking":"yes","tone":null}""");

    [Theory]
    [InlineData("role")]
    [InlineData("content")]
    [InlineData("tool_calls")]
    [InlineData("name")]
    public void Reasoning_goes_by_no_name_that_the_message_has_for_something_else(string name) =>
        FluentActions.Invoking(() => Sent(Hello with { Messages = [new AssistantMessage { Text = "a", Reasoning = "b", ReasoningName = name }] }))
            .Should().Throw<ArgumentException>().WithMessage($"Messages[0]: ReasoningName is '{name}'*Set reasoning, reasoning_content, or null.*");

    private static string Sent(ChatRequest request) => Encoding.UTF8.GetString(ChatRequestBody.Build(request, null, UsageReporting.None).Utf8);
}
